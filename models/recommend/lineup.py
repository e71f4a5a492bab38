"""The models of a recommender: what learns, and who is asked for candidates, best first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.compiled import Doubles, Flags, Floats, Ints
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.click.choices import Choices
from models.recommend.click.reranked import Reranked
from models.recommend.config import RecommenderConfig
from models.recommend.content.content import Content
from models.recommend.neighbours.neighbours import Neighbours
from models.recommend.ranking.hybrid import Asker, Hybrid
from models.recommend.ranking.passing import Among
from models.recommend.ratings.ratings import Ratings
from models.recommend.serving.asked import Asked
from models.recommend.serving.sources import Source
from models.recommend.sources import Alike, Ranked, Rated, Trending
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store

RANKING = ("trending", "cooccurrence", "factors", "content")
"""The models whose scores are blended into one."""


class Lineup:
    """The models that a configuration names, and trending, which stands in for all."""

    def __init__(self, config: RecommenderConfig, store: Store, catalogue: Catalogue) -> None:
        self._config, self._store, self._catalogue = config, store, catalogue
        self.content: Content | None = None
        if "content" in config.models or config.rules.explore > 0.0:
            self.content = Content(store, catalogue, seed=config.seed)
        self._blended = tuple(name for name in RANKING if name in config.models)
        self.hybrid = Hybrid(
            store,
            self.content if "content" in config.models else None,
            self._blended or ("trending",),
            half_lives=config.half_lives,
            context=config.context,
            neighbours=config.neighbours,
            n_factors=config.n_factors,
            n_negatives=config.n_negatives,
            learning_rate=config.learning_rate,
            regularisation=config.regularisation,
            seed=config.seed,
        )
        catalogue.changed.append(self.hybrid.unsettle)
        self.neighbours: Neighbours | None = None
        if "neighbours" in config.models:
            self.neighbours = Neighbours(store, context=config.context)
        self.ratings: Ratings | None = None
        if "ratings" in config.models:
            self.ratings = Ratings(store, seed=config.seed)
        self.choices: Choices | None = None
        if "click" in config.models:
            self.choices = Choices(store, catalogue, seed=config.seed)

    @property
    def ranks(self) -> bool:
        """Whether `learn` can rank: the blend answers first, in its own order."""
        return bool(self._blended) and self.choices is None

    def learn(self, events: Events, ranked: Flags) -> Doubles:
        """Learn interactions that are already in the histories; see Hybrid.learn."""
        ranks = self.hybrid.learn(events, ranked)
        if self.content is not None and "content" not in self._config.models:
            self.content.learn(events)
        if self.neighbours is not None:
            self.neighbours.learn(events)
        if self.ratings is not None:
            self.ratings.learn(events)
        if self.choices is not None:
            self.choices.learn(events)
        return ranks

    def sources(self, asked: Asked) -> Sequence[Source]:
        """Whom to ask for the items of one answer, best first.

        Those that know the user or the session; what is trending in the segment, where they know nothing; and what is
        trending at all.
        """
        asker = self._asker(asked)
        sources: list[Source] = []
        knows = len(asker.context) > 0
        if knows and self._blended:
            alone = len(self._blended) == 1
            certain = "trending" not in self._blended
            name = self._blended[0] if alone else "hybrid"
            among = Among(asked.request.filter, asked.allowed)
            sources.append(Ranked(name, self.hybrid, asker, among, certain=certain))
        if knows and self.neighbours is not None:
            query = self.neighbours.query(asked.user, asked.session)
            sources.append(Alike(self.neighbours, query, asked.user))
        if self.ratings is not None and (knows or not self._blended):
            sources.append(Rated(self.ratings, asked.user))
        sources += self._trending(asked, asker, knows)
        if self.choices is None or not knows:
            return sources
        before = int(asker.context[0])
        return [Reranked(each, self.choices, asked.user, before) for each in sources]

    def likeness(self, asked: Asked, rows: Ints) -> Floats:
        """How like items are, by their data, to what the user touched: (n,), from -1 to 1."""
        if self.content is None:
            return np.zeros(len(rows), np.float32)
        return self.content.scores(self.content.profile(asked.user, asked.session), rows)

    def _trending(self, asked: Asked, asker: Asker, knows: bool) -> list[Source]:
        sources: list[Source] = []
        segment = asked.request.segment
        if segment is not None and not knows:
            mask = self._catalogue.with_category(segment)
            sources.append(Trending(self._popularity, mask))
        if knows or "trending" not in self._blended:
            sources.append(Trending(self._popularity))
        else:
            among = Among(asked.request.filter, asked.allowed)
            sources.append(Ranked("trending", self.hybrid, asker, among))
        return sources

    def _popularity(self) -> Doubles:
        lives = self._config.half_lives
        return self.hybrid.trending.popularity(lives[len(lives) // 2])

    def _asker(self, asked: Asked) -> Asker:
        """Who asks: the running session's items come first, as if touched now."""
        session = asked.session[::-1]
        if asked.user < 0:
            return Asker(-1, session, np.zeros(len(session)))
        past = asked.past
        # What was only seen, or is not wanted, says nothing of what comes next.
        wanted = np.flatnonzero(past.weights > 0.0)[: self._config.context]
        now = self._store.newest if asked.request.time is None else asked.request.time
        items, away = past.items[wanted], np.maximum(now - past.times[wanted], 0.0)
        if not len(session):
            return Asker(asked.user, items, away)
        return Asker(
            asked.user,
            np.concatenate((session, items)),
            np.concatenate((np.zeros(len(session)), away)),
        )
