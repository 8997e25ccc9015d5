"""The market in numbers: what honest work earns beside each attack, over months.

Nothing here is a forecast. Rules, aggregation, penalties and levels are those of the engine itself;
what people do is assumed, and every assumption has a name and a default in `scenario`.
"""
