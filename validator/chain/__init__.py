"""The chain as the engine reads it: values, the port of a node, and the client behind it.

The chain's quirks (protocol note, sections 0 and 9) stay in this room.
"""
