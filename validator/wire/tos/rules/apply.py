"""The four payloads, each check in the node's order: the first that fails is the refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from validator.wire.tos.hashes import answer_hash, answer_id
from validator.wire.tos.payloads import (
    AiPayload,
    Difficulty,
    PublishTask,
    RegisterMiner,
    SubmitAnswer,
    ValidateAnswer,
)
from validator.wire.tos.rules.accounts import Account, sybil_risk
from validator.wire.tos.rules.constants import (
    ACCEPT_THRESHOLD,
    ANSWER_GAIN,
    LIMITS,
    MAX_DEADLINE,
    MAX_SCORE,
    MAX_STAKE_DIVISOR,
    MIN_REGISTRATION_FEE,
    MIN_STAKE_DIVISOR,
    MIN_TEXT,
    PUBLISH_GAIN,
    VALIDATION_GAIN,
)
from validator.wire.tos.rules.errors import Rule, RuleError, failed, misconfigured
from validator.wire.tos.rules.state import (
    Answer,
    BlockStamp,
    Draft,
    Miner,
    MiningState,
    Score,
    Task,
    TaskStatus,
)
from validator.wire.tos.rules.sweep import sweep

if TYPE_CHECKING:
    from validator.wire.tos.keys import PublicKey


def apply(
    state: MiningState, payload: AiPayload, source: PublicKey, block: BlockStamp
) -> MiningState:
    """Return the state after one payload of `source` in this block.

    Raises RuleError when a rule refuses; the state given stays what it was.
    """
    draft = Draft(state)
    match payload:
        case RegisterMiner():
            _register(draft, payload, source, block)
        case PublishTask():
            _publish(draft, payload, source, block)
        case SubmitAnswer():
            _answer(draft, payload, source, block)
        case ValidateAnswer():
            _validate(draft, payload, source, block)
    sweep(draft, block.timestamp)
    return draft.done()


def refusal(
    state: MiningState, payload: AiPayload, source: PublicKey, block: BlockStamp
) -> RuleError | None:
    """Return why this payload would be refused in this block, None when it would be applied.

    A refused transaction costs its fee and nonce (protocol note, 6.4): ask before signing.
    """
    try:
        apply(state, payload, source, block)
    except RuleError as error:
        return error
    return None


def _register(draft: Draft, payload: RegisterMiner, source: PublicKey, block: BlockStamp) -> None:
    fee = payload.registration_fee
    if payload.miner_address != source:
        raise failed(Rule.SOURCE_MISMATCH, "Transaction source must match miner address")
    if fee < MIN_REGISTRATION_FEE:
        raise failed(
            Rule.REGISTRATION_FEE,
            f"Registration fee {fee} is below minimum {MIN_REGISTRATION_FEE}",
        )
    if source in draft.miners:
        raise failed(Rule.ALREADY_REGISTERED, "Miner already registered")
    # The node takes the height for a time here, and so begins the account's age at about 1970.
    draft.accounts[source] = Account(block.height, stake_amount=fee).rescored(block.height)
    draft.miners[source] = Miner(source, fee, block.height)
    draft.count(total_miners=1)


def _publish(draft: Draft, payload: PublishTask, source: PublicKey, block: BlockStamp) -> None:
    _check_text("Description", payload.description)
    miner = _registered(draft, source)
    now = block.timestamp
    if payload.deadline <= now:
        raise failed(Rule.DEADLINE_PAST, "Task deadline must be in the future")
    if payload.deadline > now + MAX_DEADLINE:
        raise failed(Rule.DEADLINE_FAR, "Task deadline cannot be more than 30 days in the future")
    _check_reward(payload)
    level = payload.difficulty
    _check_reputation("Publisher", miner, LIMITS[level].publish_reputation, level)
    account = _rested(draft, source, now).rescored(now)
    _check_standing(account, now, level, "to publish tasks at this difficulty")
    if payload.task_id in draft.tasks:
        raise failed(Rule.TASK_EXISTS, "Task ID already exists")
    draft.tasks[payload.task_id] = Task(
        payload.task_id, source, payload.description, payload.reward_amount, level,
        payload.deadline, block.height,
    )  # fmt: skip
    # Counted when the task is stored, and once more with the publisher's reputation.
    published = replace(miner, tasks_published=miner.tasks_published + 2)
    draft.miners[source] = published.changed(PUBLISH_GAIN)
    draft.accounts[source] = account.acted(now)
    draft.count(total_tasks=1, active_tasks=1)


def _answer(draft: Draft, payload: SubmitAnswer, source: PublicKey, block: BlockStamp) -> None:
    _check_text("Answer content", payload.answer_content)
    miner = _registered(draft, source)
    task = _task(draft, payload.task_id)
    now = block.timestamp
    _check_open(task, source, now)
    _check_stake(payload.stake_amount, task.reward_amount)
    level = task.difficulty
    _check_reputation("Submitter", miner, LIMITS[level].answer_reputation, level)
    account = replace(_rested(draft, source, now), stake_amount=payload.stake_amount).rescored(now)
    _check_standing(account, now, level, "for this task difficulty")
    if answer_hash(payload.answer_content) != payload.answer_hash:
        raise failed(Rule.ANSWER_HASH, "Answer hash does not match provided content")
    if any(one.submitter == source for one in task.submitted_answers):
        raise failed(
            Rule.ALREADY_ANSWERED, "Submitter has already submitted an answer for this task"
        )
    name = answer_id(task.task_id, source.data, payload.answer_hash, block.height, now)
    draft.tasks[task.task_id] = task.with_answer(
        Answer(
            name, payload.answer_content, payload.answer_hash, source, payload.stake_amount,
            block.height,
        )
    )  # fmt: skip
    answered = replace(miner, answers_submitted=miner.answers_submitted + 1)
    draft.miners[source] = answered.changed(ANSWER_GAIN)
    draft.accounts[source] = account.acted(now)


def _validate(draft: Draft, payload: ValidateAnswer, source: PublicKey, block: BlockStamp) -> None:
    miner = _registered(draft, source)
    score, now = payload.validation_score, block.timestamp
    if score > MAX_SCORE:
        raise failed(Rule.SCORE_RANGE, "Validation score must be between 0-100")
    task = _task(draft, payload.task_id)
    answer = _answer_to_judge(task, payload.answer_id, source)
    level = task.difficulty
    _check_reputation("Validator", miner, LIMITS[level].validate_reputation, level)
    account = _rested(draft, source, now).rescored(now)
    _check_standing(account, now, level, "to validate answers for this difficulty")
    if any(entry.validator == source for entry in answer.validation_scores):
        raise failed(Rule.ALREADY_SCORED, "Validator has already scored this answer")
    scores = (*answer.validation_scores, Score(source, score, block.height))
    draft.tasks[task.task_id] = task.with_answer(replace(answer, validation_scores=scores)).at(now)
    performed = replace(miner, validations_performed=miner.validations_performed + 1)
    draft.miners[source] = performed.changed(VALIDATION_GAIN)
    draft.accounts[source] = account.acted(now).validated(successful=score >= ACCEPT_THRESHOLD)


def _registered(draft: Draft, source: PublicKey) -> Miner:
    if source not in draft.miners:
        raise RuleError(Rule.NOT_REGISTERED, f"Miner not registered: {source.hex()}")
    return draft.miners[source]


def _task(draft: Draft, task_id: bytes) -> Task:
    if task_id not in draft.tasks:
        raise RuleError(Rule.TASK_NOT_FOUND, f"Task not found: {task_id.hex()}")
    return draft.tasks[task_id]


def _answer_to_judge(task: Task, name: bytes, source: PublicKey) -> Answer:
    if task.status is TaskStatus.CANCELLED:
        raise failed(Rule.TASK_CANCELLED, "Cannot validate answers for cancelled task")
    answer = task.answer(name)
    if answer is None:
        raise failed(Rule.ANSWER_NOT_FOUND, "Answer not found in task")
    if answer.submitter == source:
        raise failed(Rule.OWN_ANSWER, "Cannot validate your own answer")
    if task.publisher == source:
        raise failed(Rule.PUBLISHER_VALIDATES, "Task publisher cannot validate answers")
    return answer


def _check_text(what: str, text: str) -> None:
    """The upper bound of 2048 bytes never bites: a payload holds 255 at most."""
    if len(text.encode("utf-8")) < MIN_TEXT:
        raise misconfigured(
            Rule.TOO_SHORT, f"{what} too short: minimum {MIN_TEXT} characters required"
        )


def _check_reward(payload: PublishTask) -> None:
    limits = LIMITS[payload.difficulty]
    if not limits.min_reward <= payload.reward_amount <= limits.max_reward:
        raise misconfigured(
            Rule.REWARD_RANGE,
            f"Reward amount {payload.reward_amount} is outside valid range"
            f" [{limits.min_reward}, {limits.max_reward}]"
            f" for difficulty {_word(payload.difficulty)}",
        )


def _check_open(task: Task, source: PublicKey, now: int) -> None:
    if task.status is not TaskStatus.ACTIVE:
        raise failed(Rule.TASK_NOT_ACTIVE, "Task is not active")
    if task.is_expired(now):
        raise failed(Rule.TASK_EXPIRED, "Task has expired")
    if task.publisher == source:
        raise failed(Rule.OWN_TASK, "Task publisher cannot submit answers to their own task")


def _check_stake(stake: int, reward: int) -> None:
    least, most = reward // MIN_STAKE_DIVISOR, reward // MAX_STAKE_DIVISOR
    if stake < least:
        raise RuleError(
            Rule.STAKE_LOW,
            f"Insufficient stake: required {least} nanoTOS, available {stake} nanoTOS",
        )
    if stake > most:
        raise failed(
            Rule.STAKE_HIGH, f"Stake amount {stake} exceeds maximum {most} (50% of reward)"
        )


def _check_reputation(role: str, miner: Miner, least: int, level: Difficulty) -> None:
    if miner.reputation < least:
        raise failed(
            Rule.MINER_REPUTATION_LOW,
            f"{role} reputation {miner.reputation} is below required {least}"
            f" for difficulty {_word(level)}",
        )


def _rested(draft: Draft, source: PublicKey, now: int) -> Account:
    """Return the account if its pause is over.

    The pause goes by the score stored last; only then is the score renewed. A state put together
    from a node's replies may hold a miner without an account, which then begins now, as there.
    """
    account = draft.accounts.get(source, Account(now))
    remaining = account.remaining_cooldown(now)
    if remaining:
        raise failed(Rule.COOLDOWN, f"Account is in cooldown for {remaining} more seconds")
    return account


def _check_standing(account: Account, now: int, level: Difficulty, what_for: str) -> None:
    if account.reputation_score < LIMITS[level].account_score:
        raise failed(Rule.ACCOUNT_SCORE_LOW, f"Account reputation too low {what_for}")
    risk = sybil_risk(account, now)
    if risk.refused:
        raise failed(Rule.SYBIL, f"Anti-Sybil check failed: {', '.join(risk.details)}")


def _word(level: Difficulty) -> str:
    return level.name.capitalize()
