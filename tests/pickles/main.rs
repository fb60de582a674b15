//! Python's pickles: read, written and shown as Python does it; hostile ones refused.
//!
//! `tests/oracle/pickle_corpus.py` writes the corpus, with the two Pythons of the tests.

#[path = "../support/mod.rs"]
mod support;

mod corpus;
mod hostile;
mod values;
