"""What may be signed: a short list, and no code for anything else."""

import ast
import re
from pathlib import Path

import pytest

from mmtui.venues.hyperliquid import actions

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mmtui"
ALLOWED = {
    "order", "cancel", "cancelByCloid", "scheduleCancel", "noop", "updateLeverage", "updateIsolatedMargin",
    "topUpIsolatedOnlyMargin", "modify", "batchModify",
}  # fmt: skip
FORBIDDEN = (
    "vaultTransfer", "agentSendAsset", "sendAsset", "subAccountTransfer", "subAccountSpotTransfer", "usdSend",
    "spotSend", "usdClassTransfer", "withdraw3", "withdraw", "approveAgent", "approveBuilderFee", "tokenDelegate",
    "cDeposit", "cWithdraw", "convertToMultiSigUser", "multiSig", "createSubAccount", "createVault", "perpDeploy",
    "spotDeploy", "setReferrer", "registerReferrer", "spotUser", "userDexAbstraction", "agentEnableDexAbstraction",
    "evmUserModify", "claimRewards", "CSignerAction", "CValidatorAction", "HyperliquidTransaction", "usdTransfer",
    "finalizeEvmContract", "borrowLend", "userSetAbstraction", "agentSetAbstraction", "linkStakingUser",
)  # fmt: skip
READ_ONLY = {
    # The local exchange, which knows what its clients may send, and the digest by which it knows who signed it;
    # the account reader, which meets these as words in what a venue says. None of them holds a key.
    "mmtui/venues/exchange/",
    "mmtui/venues/hyperliquid/account/",
    "mmtui/venues/hyperliquid/digest.py",
    "mmtui/venues/hyperliquid/wire.py",
    "mmtui/venues/hyperliquid/translate.py",
}


def strings_of(path: Path) -> list[tuple[int, str]]:
    """Every string of a module except its docstrings."""
    tree = ast.parse(path.read_text())
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def test_no_module_that_could_sign_names_an_action_that_moves_money_or_grants_rights() -> None:
    word = re.compile(r"\b(" + "|".join(FORBIDDEN) + r")\b")
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not str(path.relative_to(ROOT)).startswith(tuple(READ_ONLY))
        for line, text in strings_of(path)
        if word.fullmatch(text.strip()) or re.search(r'"type":\s*"(' + "|".join(FORBIDDEN) + ")", text)
    ]
    assert found == []


def test_every_action_that_can_be_built_is_on_the_list() -> None:
    built = set()
    for path in (PACKAGE / "venues" / "hyperliquid").rglob("*.py"):
        built |= set(re.findall(r'"type":\s*"([A-Za-z0-9]+)"', path.read_text()) if path.name == "actions.py" else [])
    tree = ast.parse(Path(actions.__file__).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("tag", "type") and isinstance(node.value, ast.Constant):
            built.add(str(node.value.value))
    assert built, "the actions name their types in this file"
    assert built <= ALLOWED, built - ALLOWED


def imported(path: Path) -> set[str]:
    """Every name that a module takes from another."""
    tree = ast.parse(path.read_text())
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def test_only_trading_actions_can_be_signed_since_the_other_digest_never_meets_a_key() -> None:
    """Transfers and approvals are signed over another digest, which only the local exchange asks for."""
    users = [p for p in sorted(PACKAGE.rglob("*.py")) if "user_signed_digest" in imported(p)]
    assert users, "the local exchange verifies its clients"
    for path in users:
        assert path.is_relative_to(PACKAGE / "venues" / "exchange")
        assert imported(path) & {"Secret", "Signer", "SigningKey"} == set()
    signers = [p for p in sorted(PACKAGE.rglob("*.py")) if ".sign_recoverable(" in p.read_text()]
    assert [str(p.relative_to(PACKAGE)) for p in signers] == ["venues/hyperliquid/signing.py"]


@pytest.mark.fault("F119")
def test_every_dependency_is_pinned_by_hash_and_few_are_direct() -> None:
    import tomllib

    lock = (ROOT / "requirements.lock").read_text()
    pins = re.split(r"\n(?=[a-zA-Z0-9])", lock.strip())
    unpinned = [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin or "==" not in pin.splitlines()[0]]
    assert unpinned == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {re.match(r"[A-Za-z0-9_.-]+", pin)[0].lower().replace("_", "-") for pin in pins}  # type: ignore[index]
    named = [re.match(r"[A-Za-z0-9_.-]+", text)[0].lower() for text in project["dependencies"]]  # type: ignore[index]
    assert set(named) <= locked
    assert len(named) <= 14
    makefile = (ROOT / "Makefile").read_text()
    assert "--require-hashes --only-binary :all:" in makefile
