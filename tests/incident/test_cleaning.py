"""What a bundle's cleaner leaves of secrets."""

import json

import msgspec

from mmtui.runtime.incident.cleaning import Cleaner
from mmtui.runtime.redaction import HIDDEN

PASSWORD = '"pass\\word\tof ten'


def test_a_password_with_escaped_characters_is_blanked_whole_in_text_and_in_json() -> None:
    cleaner = Cleaner((PASSWORD,))
    assert cleaner.text(f"password {PASSWORD}.") == f"password {HIDDEN}."
    line = cleaner.line(b'{"said":' + msgspec.json.encode(f"password {PASSWORD}.") + b"}")
    assert json.loads(line) == {"said": f"password {HIDDEN}."}


def test_a_key_goes_in_any_case_and_a_hash_under_its_name_stays() -> None:
    cleaner = Cleaner(("ab" * 32,))
    assert cleaner.line(b'{"x":"0x' + b"AB" * 32 + b'"}') == b'{"x":"' + HIDDEN.encode() + b'"}'
    public = b'{"hash":"0x' + b"cd" * 32 + b'"}'
    assert cleaner.line(public) == public
    assert b"cd" * 32 not in cleaner.line(b'{"hush":"0x' + b"cd" * 32 + b'"}')
