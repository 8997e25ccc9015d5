"""The weaknesses that a report can name: one row for each canonical name (see `categories`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Weakness:
    """One canonical name, the group that it is a kind of, and how others call it.

    `also` are further names (DASP's among them), `owasp` entries of the two OWASP lists (`sc05`,
    `a03`), `swc` and `cwe` numbers.
    """

    name: str
    group: str | None = None
    also: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    swc: tuple[int, ...] = ()
    cwe: tuple[int, ...] = ()


def _row(
    name: str,
    group: str | None = None,
    also: str = "",
    owasp: str = "",
    swc: str = "",
    cwe: str = "",
) -> Weakness:
    return Weakness(
        name,
        group,
        tuple(part.strip() for part in also.split(",") if part.strip()),
        tuple(owasp.split()),
        tuple(map(int, swc.split())),
        tuple(map(int, cwe.split())),
    )


_CONTRACTS: Final = (
    _row(
        "reentrancy",
        also="dasp1, reentrancy attack, reentrancy attacks, reentrant call, recursive call,"
        " cross function reentrancy, read only reentrancy, reentrancy vulnerability",
        owasp="sc05",
        swc="107",
        cwe="663 841 1265",
    ),
    _row(
        "access_control",
        also="dasp2, broken access control, access control vulnerabilities, missing access control,"
        " improper access control, access control issues, authorization, missing authorization,"
        " broken authorization, improper authorization, privilege escalation, unprotected function",
        owasp="sc01 a01",
        cwe="250 266 269 284 285 425 639 862 863",
    ),
    _row(
        "tx_origin",
        "access_control",
        "authorization through tx.origin, use of tx.origin",
        swc="115",
    ),
    _row(
        "unprotected_withdrawal",
        "access_control",
        "unprotected ether withdrawal, arbitrary send, arbitrary send eth",
        swc="105",
    ),
    _row(
        "unprotected_selfdestruct",
        "access_control",
        "selfdestruct, suicidal, unprotected suicide, unprotected selfdestruct instruction",
        swc="106",
    ),
    _row(
        "default_visibility",
        "access_control",
        "function default visibility, state variable default visibility, visibility",
        swc="100 108",
    ),
    _row(
        "untrusted_callee",
        "access_control",
        "delegatecall, delegatecall to untrusted callee, controlled delegatecall,"
        " inclusion of functionality from untrusted control sphere",
        swc="112",
        cwe="829",
    ),
    _row(
        "improper_initialization",
        "access_control",
        "incorrect constructor name, constructor name, wrong constructor name,"
        " unprotected initializer, uninitialized proxy",
        swc="118",
        cwe="665 909",
    ),
    _row(
        "arbitrary_write",
        "access_control",
        "write to arbitrary storage location, arbitrary storage write, write what where condition",
        swc="124",
        cwe="123",
    ),
    _row(
        "arithmetic",
        also="dasp3, arithmetic issues, arithmetic issue, integer overflow, integer underflow,"
        " overflow, underflow, integer overflow and underflow, integer overflow or wraparound,"
        " incorrect calculation, unchecked arithmetic, unchecked math",
        owasp="sc08",
        swc="101",
        cwe="128 189 190 191 682",
    ),
    _row(
        "precision_loss",
        "arithmetic",
        "divide before multiply, rounding error, rounding, loss of precision",
        cwe="1339",
    ),
    _row(
        "truncating_cast", "arithmetic", "unsafe cast, unsafe downcast, truncation", cwe="197 681"
    ),
    _row("division_by_zero", "arithmetic", "divide by zero", cwe="369"),
    _row(
        "unchecked_low_level_calls",
        also="dasp4, unchecked return values for low level calls, unchecked low level call,"
        " unchecked call, unchecked calls, unchecked external calls, unchecked external call,"
        " unchecked return value, unchecked call return value, unchecked send,"
        " unhandled exceptions, unchecked lowlevel",
        owasp="sc06",
        swc="104",
        cwe="252 253 754",
    ),
    _row(
        "denial_of_service",
        also="dasp5, dos, denial of service attacks, denial of service dos attacks,"
        " uncontrolled resource consumption, resource exhaustion, infinite loop",
        owasp="sc10",
        cwe="400 674 770 834 835",
    ),
    _row("failed_call_dos", "denial_of_service", "dos with failed call", swc="113", cwe="703"),
    _row(
        "gas_limit_dos",
        "denial_of_service",
        "dos with block gas limit, unbounded loop, block gas limit",
        swc="128",
    ),
    _row(
        "gas_griefing",
        "denial_of_service",
        "insufficient gas griefing, griefing",
        swc="126",
        cwe="691",
    ),
    _row(
        "hardcoded_gas",
        "denial_of_service",
        "message call with hardcoded gas amount, hardcoded gas amount",
        swc="134",
        cwe="655",
    ),
    _row(
        "unexpected_balance",
        "denial_of_service",
        "unexpected ether balance, strict balance equality, locked ether",
        swc="132",
        cwe="667",
    ),
    _row("inefficient_regex", "denial_of_service", "redos, catastrophic backtracking", cwe="1333"),
    _row(
        "bad_randomness",
        also="dasp6, weak randomness, insecure randomness, weak prng, predictable randomness,"
        " weak sources of randomness from chain attributes, weak sources of randomness",
        owasp="sc09",
        swc="120",
        cwe="330 331 335 337 338 340",
    ),
    _row(
        "front_running",
        also="dasp7, transaction order dependence, transaction ordering dependence, tod,"
        " race condition, toctou, sandwich attack, mev, slippage",
        swc="114",
        cwe="362 366 367",
    ),
    _row(
        "time_manipulation",
        also="dasp8, timestamp dependence, timestamp dependency, timestamp manipulation,"
        " block timestamp manipulation, block timestamp, timestamp,"
        " block values as a proxy for time",
        swc="116",
    ),
    _row("short_addresses", also="dasp9, short address attack, short address"),
    _row("other", also="dasp10, unknown unknowns, unknown"),
    _row(
        "price_oracle",
        also="price oracle manipulation, oracle manipulation, price manipulation",
        owasp="sc02",
    ),
    _row("business_logic", also="logic errors, logic error, logic flaw", owasp="sc03", cwe="840"),
    _row(
        "input_validation",
        also="lack of input validation, missing input validation, improper input validation",
        owasp="sc04",
        cwe="20 1284",
    ),
    _row("flash_loan", also="flash loan attacks, flash loan attack", owasp="sc07"),
    _row(
        "signature_verification",
        also="lack of proper signature verification, improper signature verification,"
        " missing signature verification",
        swc="122",
        cwe="345 347",
    ),
    _row("signature_malleability", "signature_verification", swc="117"),
    _row(
        "signature_replay",
        "signature_verification",
        "missing protection against signature replay attacks, replay attack, replay",
        swc="121",
        cwe="294",
    ),
)

_OTHER: Final = (
    _row("floating_pragma", "other", "pragma", swc="103", cwe="664"),
    _row("uninitialized_storage", "other", "uninitialized storage pointer", swc="109", cwe="824"),
    _row("assert_violation", "other", "reachable assertion", swc="110", cwe="617 670"),
    _row(
        "deprecated_functions",
        "other",
        "use of deprecated solidity functions, use of obsolete function",
        swc="111",
        cwe="477",
    ),
    _row("shadowing", "other", "shadowing state variables, variable shadowing", swc="119"),
    _row("requirement_violation", "other", swc="123", cwe="573"),
    _row("inheritance_order", "other", "incorrect inheritance order", swc="125", cwe="696"),
    _row(
        "arbitrary_jump",
        "other",
        "arbitrary jump with function type variable",
        swc="127",
        cwe="695",
    ),
    _row("typographical_error", "other", "typo, use of incorrect operator", swc="129", cwe="480"),
    _row(
        "hidden_characters",
        "other",
        "right to left override control character, trojan source, rtlo",
        swc="130",
        cwe="451",
    ),
    _row(
        "dead_code",
        "other",
        "presence of unused variables, code with no effects, unused variable, unused code",
        swc="131 135",
        cwe="561 563 1164",
    ),
    _row(
        "hash_collision",
        "other",
        "hash collisions with multiple variable length arguments, encode packed collision",
        swc="133",
    ),
    _row("coding_standards", "other", "improper adherence to coding standards", cwe="398 710"),
)

_GENERAL: Final = (
    _row(
        "path_traversal", "access_control", "directory traversal, zip slip", cwe="22 23 36 59 61 73"
    ),
    _row("cross_site_request_forgery", "access_control", "csrf", cwe="352"),
    _row("open_redirect", "access_control", cwe="601"),
    _row(
        "information_exposure",
        "access_control",
        "information disclosure, sensitive data exposure, unencrypted private data on chain",
        swc="136",
        cwe="200 201 209 532 767",
    ),
    _row("file_permissions", "access_control", "incorrect permission assignment", cwe="276 732"),
    _row("temporary_file", "access_control", "insecure temporary file", cwe="377 378 379"),
    _row("injection", owasp="a03", cwe="74 943"),
    _row("sql_injection", "injection", "sqli", cwe="89 564"),
    _row(
        "command_injection",
        "injection",
        "os command injection, shell injection, argument injection",
        cwe="77 78 88",
    ),
    _row("code_injection", "injection", "eval, remote code execution, rce", cwe="94 95 96"),
    _row("cross_site_scripting", "injection", "xss", cwe="79 80 83 87"),
    _row("ldap_injection", "injection", cwe="90"),
    _row("xml_injection", "injection", "xpath injection", cwe="91 643"),
    _row("template_injection", "injection", "ssti", cwe="1336"),
    _row("log_injection", "injection", "log forging", cwe="117"),
    _row("header_injection", "injection", "crlf injection, http response splitting", cwe="93 113"),
    _row("format_string", "injection", "uncontrolled format string", cwe="134"),
    _row("prototype_pollution", "injection", cwe="1321"),
    _row(
        "cryptographic_failures",
        also="cryptography, weak cryptography, weak hash, weak cipher, broken cryptography,"
        " cleartext transmission",
        owasp="a02",
        cwe="310 311 312 319 326 327 328 329 759 760 916",
    ),
    _row("certificate_validation", "cryptographic_failures", "disabled tls check", cwe="295 297"),
    _row("timing_attack", "cryptographic_failures", "timing side channel", cwe="208"),
    _row("insecure_design", owasp="a04", cwe="657 1173"),
    _row("file_upload", "insecure_design", "unrestricted file upload", cwe="434"),
    _row("security_misconfiguration", also="misconfiguration", owasp="a05", cwe="16"),
    _row("xml_external_entity", "security_misconfiguration", "xxe", cwe="611 776 827"),
    _row("insecure_cookie", "security_misconfiguration", cwe="614 1004 1275"),
    _row("debug_mode", "security_misconfiguration", "active debug code", cwe="215 489"),
    _row("open_binding", "security_misconfiguration", "bind to all interfaces", cwe="605 1327"),
    _row(
        "vulnerable_components",
        also="vulnerable and outdated components, outdated dependency, vulnerable dependency",
        owasp="a06",
        cwe="937 1035 1104",
    ),
    _row("outdated_compiler", "vulnerable_components", "outdated compiler version", swc="102"),
    _row(
        "authentication",
        also="identification and authentication failures, broken authentication,"
        " improper authentication, missing authentication",
        owasp="a07",
        cwe="287 306 307 384 521 613 620 640",
    ),
    _row(
        "hardcoded_credentials",
        "authentication",
        "hardcoded password, hardcoded secret",
        cwe="259 321 798",
    ),
    _row(
        "data_integrity",
        also="software and data integrity failures",
        owasp="a08",
        cwe="353 494 830 915",
    ),
    _row("deserialization", "data_integrity", "insecure deserialization, unsafe yaml", cwe="502"),
    _row(
        "logging_failures",
        also="security logging and monitoring failures, insufficient logging",
        owasp="a09",
        cwe="223 778",
    ),
    _row(
        "server_side_request_forgery",
        also="ssrf, server side request forgery ssrf",
        owasp="a10",
        cwe="918",
    ),
    _row("memory_safety", also="memory corruption", cwe="118 119"),
    _row(
        "buffer_overflow",
        "memory_safety",
        "stack overflow, heap overflow, out of bounds write",
        cwe="120 121 122 124 129 131 193 787 788 805",
    ),
    _row("out_of_bounds_read", "memory_safety", "buffer over read", cwe="125 126 127"),
    _row("use_after_free", "memory_safety", "dangling pointer", cwe="416 825"),
    _row("double_free", "memory_safety", cwe="415"),
    _row("null_dereference", "memory_safety", "null pointer dereference", cwe="476"),
    _row("memory_leak", "memory_safety", "resource leak", cwe="401 404 772"),
    _row("uninitialized_memory", "memory_safety", "uninitialized variable", cwe="457 908"),
    _row("type_confusion", "memory_safety", cwe="843"),
    _row("dangerous_function", "memory_safety", "use of dangerous function", cwe="242 676"),
    _row("error_handling", also="improper error handling", cwe="248 390 391 396 397 755"),
)

WEAKNESSES: Final[tuple[Weakness, ...]] = (*_CONTRACTS, *_OTHER, *_GENERAL)
"""All rows; every name, number and entry stands in one row only."""
