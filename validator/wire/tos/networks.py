"""The four networks of the chain (protocol note, section 4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from validator.wire.tos.errors import DecodeError


class Network(StrEnum):
    """A network; its value is the word used in settings and key files."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    STAGENET = "stagenet"
    DEVNET = "devnet"

    @property
    def chain_id(self) -> int:
        """The byte that a T1 transaction carries. T0 carries none: it is valid on every network."""
        return _CHAIN_IDS[self]

    @property
    def prefix(self) -> str:
        """Human part of addresses; the three test networks share one."""
        return MAINNET_PREFIX if self is Network.MAINNET else TEST_PREFIX

    @property
    def info_name(self) -> str:
        """The word in `network` of a node's `get_info`."""
        return "Dev" if self is Network.DEVNET else self.value.capitalize()

    @classmethod
    def from_info_name(cls, name: str) -> Network:
        """Return the network that `get_info` names. Raises DecodeError."""
        for network in cls:
            if network.info_name == name:
                return network
        raise DecodeError("network: get_info names none of Mainnet, Testnet, Stagenet, Dev")

    @classmethod
    def from_chain_id(cls, chain_id: int) -> Network:
        """Return the network of a T1 transaction. Raises DecodeError."""
        for network, known in _CHAIN_IDS.items():
            if known == chain_id:
                return network
        raise DecodeError(f"chain_id: {chain_id} is no network (0 to 3)")


MAINNET_PREFIX: Final = "tos"
TEST_PREFIX: Final = "tst"
_CHAIN_IDS: Final = {network: position for position, network in enumerate(Network)}
