"""Three scenarios, end to end: an audit, a report on purchases, a faster picture filter."""
