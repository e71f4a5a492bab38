"""Files of ratings and items in the usual formats, and the simulator that stands in for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.demo.errors import DemoError
from stream.demo.films import load_films
from stream.demo.ratings import Item, Rating, items_beside, read_items, read_ratings
from stream.demo.simulator import GENRES, simulate

EXPECTED = [
    Rating("2", "10", 5.0, 100, True),
    Rating("1", "20", 3.0, 200, False),
    Rating("1", "10", 4.0, 300, True),
]


@pytest.mark.parametrize(
    "text",
    [
        "1::10::4::300\n2::10::5::100\n1::20::3::200\n",
        "1,10,4,300\n2,10,5,100\n1,20,3,200\n",
        "1\t10\t4\t300\n2\t10\t5\t100\n\n1\t20\t3\t200",
        "userId,movieId,rating,timestamp\n1,10,4.0,300\n2,10,5.0,100\n1,20,3.0,200\n",
        'time,rating,"item",user\n300,4,10,1\n100,5,10,2\n200,3,"20",1\n',
    ],
)
def test_ratings_come_by_time_in_every_format(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ratings"
    file.write_text(text)
    assert read_ratings(file) == EXPECTED


def test_items_have_titles_years_and_genres(tmp_path: Path) -> None:
    expected = [
        Item("1", "Toy Story (1995)", ("Animation", "Comedy"), 1995),
        Item("2", "Nobody, really", (), None),
    ]
    dat, table = tmp_path / "movies.dat", tmp_path / "movies.csv"
    dat.write_text("1::Toy Story (1995)::Animation|Comedy\n2::Nobody, really::\n")
    table.write_text(
        "movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n"
        '2,"Nobody, really",(no genres listed)\n'
    )
    assert read_items(dat) == expected
    assert read_items(table) == expected
    assert items_beside(tmp_path / "ratings.dat") == dat
    assert items_beside(tmp_path / "sub" / "ratings.dat") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must have ratings, got none"),
        ("1::10::4::300\n1::10::good::300\n", "Line 2 of .* must have user, item, rating, time"),
        ("1::10::4\n", "Line 1 of"),
    ],
)
def test_a_file_that_is_none_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "ratings.dat"
    file.write_text(text)
    with pytest.raises(DemoError, match=told):
        read_ratings(file)
    with pytest.raises(DemoError, match="must be readable"):
        read_ratings(tmp_path / "nowhere")


def test_items_are_taken_from_beside_the_ratings(tmp_path: Path) -> None:
    ratings, items = tmp_path / "ratings.dat", tmp_path / "movies.dat"
    ratings.write_text("1::10::4::300\n")
    assert load_films(ratings, None).items == []
    items.write_text("10::A (1999)::Drama\n")
    films = load_films(ratings, None)
    assert (films.source, films.rows) == ("ratings.dat and movies.dat", 2)


def test_the_simulator_repeats_itself_and_says_what_it_is() -> None:
    made = simulate(events=500, users=30, items=60)
    assert made == simulate(events=500, users=30, items=60)
    assert made != simulate(events=500, users=30, items=60, seed=8)
    assert "made-up" in load_films(None, None).source


def test_simulated_users_have_tastes_and_films_come_out_one_after_the_other() -> None:
    items, ratings = simulate(events=1_500, users=40, items=400)
    known = {item.item: item for item in items}
    assert all(rating.time >= (known[rating.item].since or 0) for rating in ratings)
    assert len({(rating.user, rating.item) for rating in ratings}) == len(ratings)
    assert [rating.time for rating in ratings] == sorted(rating.time for rating in ratings)
    shares = []
    for user in {rating.user for rating in ratings}:
        genres = [g for r in ratings if r.user == user for g in known[r.item].genres]
        shares.append(max(genres.count(genre) for genre in GENRES) / len(genres))
    # Without tastes, the favourite genre of a user would have little more than a tenth.
    assert sum(shares) / len(shares) > 0.25
