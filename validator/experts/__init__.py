"""Expert review: what checks and peers cannot decide is read by language models, in a cage of rules."""
