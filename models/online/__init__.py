"""River's models on a stream: predictions at once, labels later, each judged before it is learned.

Numbers in, numbers out. What a model is comes from configuration (`build`), what it knows goes through `envelope`.
Names are imported from the modules: `config` and `records` do without River, which takes long to import.
"""
