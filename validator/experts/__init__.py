"""Expert review: language models judge what checks and peers cannot, in a cage of rules."""
