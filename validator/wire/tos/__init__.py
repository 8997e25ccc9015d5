"""The chain's codec: transactions, payloads, keys, signatures, addresses, hashes and fees.

Byte for byte as nodes of the AI-mining tree have it. It depends on no other part of the project.
"""

from validator.wire.tos.address import Address, decode_address, encode_address
from validator.wire.tos.errors import (
    AddressError,
    DecodeError,
    EncodeError,
    InvalidKeyError,
    LibraryError,
    SignatureError,
    Stage,
    TosError,
)
from validator.wire.tos.fees import UNITS_PER_TOS, minimum_fee
from validator.wire.tos.hashes import answer_hash, answer_id, blake3_256
from validator.wire.tos.json_view import (
    key_from_json,
    key_to_json,
    payload_from_json,
    payload_to_json,
    transaction_from_json,
    transaction_to_json,
)
from validator.wire.tos.keys import PublicKey, SecretKey
from validator.wire.tos.networks import Network
from validator.wire.tos.other_payloads import Burn, MultiSigSetup, Transfer, Transfers
from validator.wire.tos.payloads import (
    AiPayload,
    Difficulty,
    PublishTask,
    RegisterMiner,
    SubmitAnswer,
    ValidateAnswer,
    decode_payload,
    encode_payload,
)
from validator.wire.tos.transaction import (
    FeeType,
    MultiSig,
    MultiSigSignature,
    Payload,
    Reference,
    Transaction,
    TxVersion,
    decode_canonical,
    decode_transaction,
    is_canonical,
)

__all__ = [
    "UNITS_PER_TOS",
    "Address",
    "AddressError",
    "AiPayload",
    "Burn",
    "DecodeError",
    "Difficulty",
    "EncodeError",
    "FeeType",
    "InvalidKeyError",
    "LibraryError",
    "MultiSig",
    "MultiSigSetup",
    "MultiSigSignature",
    "Network",
    "Payload",
    "PublicKey",
    "PublishTask",
    "Reference",
    "RegisterMiner",
    "SecretKey",
    "SignatureError",
    "Stage",
    "SubmitAnswer",
    "TosError",
    "Transaction",
    "Transfer",
    "Transfers",
    "TxVersion",
    "ValidateAnswer",
    "answer_hash",
    "answer_id",
    "blake3_256",
    "decode_address",
    "decode_canonical",
    "decode_payload",
    "decode_transaction",
    "encode_address",
    "encode_payload",
    "is_canonical",
    "key_from_json",
    "key_to_json",
    "minimum_fee",
    "payload_from_json",
    "payload_to_json",
    "transaction_from_json",
    "transaction_to_json",
]
