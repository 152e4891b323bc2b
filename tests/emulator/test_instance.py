from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import override_settings

from django_clerk.emulator.exchange import Problem
from django_clerk.emulator.instance import Emulator, get_emulator, reset_emulator
from tests.emulator.openapi import validate

ADD_USERS = """
import sys
from django.conf import settings
settings.configure(CLERK_EMULATOR_WEBHOOK_URL=None)
from django_clerk.emulator.instance import Emulator
emulator = Emulator(sys.argv[1])
for number in range(50):
    emulator.create_user(username=f"process_{sys.argv[2]}_{number}")
    emulator.update_metadata(sys.argv[3], public_metadata={f"p{sys.argv[2]}_{number}": 1})
emulator.close()
"""


class TestUsers:
    def test_every_user_is_a_valid_document(self, emulator: Emulator) -> None:
        emulator.seed_users(10)
        emulator.create_user(phone_number="+15555550100", username="phone_only", banned=True, locked=True)
        emulator.create_user(email_address="r@example.com", email_address_identification_status=["reserved"])
        for user in emulator.users():
            validate("bapi-2026-05-12", "User", user)

    def test_times_are_milliseconds_and_move_forward(self) -> None:
        emulator = Emulator(":memory:", webhook_url="/hooks/", clock=lambda: 1_700_000_000.0)
        user = emulator.create_user(email_address="ada@example.com")
        assert user["created_at"] == user["updated_at"] == 1_700_000_000_000
        moments = [emulator.update_user(user["id"], first_name="A")["updated_at"] for _ in range(3)]
        assert moments == [1_700_000_000_001, 1_700_000_000_002, 1_700_000_000_003], "also when the clock stands still"
        emulator.close()

    def test_facts_that_clerk_would_find_out_by_itself(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        user = emulator.update_user(
            ada["id"], two_factor_enabled=True, last_sign_in_at=5, image_url="https://x.example/a.png", banned=True
        )
        assert (user["two_factor_enabled"], user["last_sign_in_at"], user["banned"]) == (True, 5, True)
        assert (user["image_url"], user["has_image"]) == ("https://x.example/a.png", True)
        user = emulator.update_user(ada["id"], image_url="")
        assert (user["image_url"][:19], user["has_image"]) == ("data:image/svg+xml,", False)
        validate("bapi-2026-05-12", "User", user)

    def test_addresses_are_replaced(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        user = emulator.update_user(ada["id"], email_address=["new@example.com", "more@example.com"])
        assert [item["email_address"] for item in user["email_addresses"]] == ["new@example.com", "more@example.com"]
        assert user["primary_email_address_id"] == user["email_addresses"][0]["id"]
        emulator.create_user(email_address="ada@example.com")

    def test_pictures_are_short_and_ascii(self, emulator: Emulator) -> None:
        for number, names in enumerate((("Éomer", "Ølberg"), ("山田", "太郎"), ("𝔸da", "𝕃"), ("<", "'"))):
            user = emulator.create_user(username=f"user{number}", first_name=names[0], last_name=names[1])
            assert len(user["image_url"]) < 300
            user["image_url"].encode("ascii")

    def test_what_clerk_would_refuse_is_an_exception(self, emulator: Emulator) -> None:
        with pytest.raises(Problem, match="role is not a valid parameter") as caught:
            emulator.create_user(email_address="a@example.com", role="admin")
        assert caught.value.status == 422
        with pytest.raises(Problem, match="No user was found with id user_1"):
            emulator.update_user("user_1", first_name="A")

    def test_passwords_are_kept_apart_and_served_to_nobody(self, tmp_path: Path) -> None:
        emulator = Emulator(str(tmp_path / ".clerk"), webhook_url="/hooks/")
        try:
            user = emulator.create_user(email_address="a@example.com", password="correct horse")
            digest = {"password_digest": "$2b$10$abc", "password_hasher": "bcrypt"}
            other = emulator.create_user(email_address="b@example.com", **digest)
            assert user["password_enabled"]
            assert other["password_enabled"]
            for text in ("correct horse", "$2b$10$abc"):
                assert text not in str(emulator.users())
                assert text not in str(emulator.deliveries())
        finally:
            emulator.close()
        with sqlite3.connect(tmp_path / ".clerk" / "clerk.sqlite3") as database:
            rows = dict(database.execute("SELECT user_id, digest FROM passwords").fetchall())
        database.close()
        assert check_password("correct horse", rows[user["id"]])
        assert rows[other["id"]] == "$2b$10$abc"

    def test_a_new_password_can_end_the_sessions(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        session = emulator.sign_in(ada["id"])
        user = emulator.update_user(ada["id"], password="correct horse", sign_out_of_other_sessions=True)
        assert user["password_enabled"]
        stored = emulator.directory.sessions.get(session["id"])
        assert stored is not None
        assert stored["status"] == "revoked"

    def test_seeding_twice_adds_nobody(self, emulator: Emulator) -> None:
        assert len(emulator.seed_users(10)) == 10
        assert emulator.seed_users(10) == []
        assert len(emulator.seed_users(12)) == 2
        ada = emulator.users(email_address="ada@example.com")[0]
        assert (ada["first_name"], ada["public_metadata"]) == ("Ada", {"role": "admin"})

    def test_many_users_or_none(self, emulator: Emulator, ada: dict[str, Any]) -> None:
        with pytest.raises(Problem, match="taken"):
            emulator.create_users([{"username": "fine"}, {"email_address": "ada@example.com"}])
        assert emulator.count_users() == 1

    def test_ten_thousand_users_take_seconds(self, emulator: Emulator) -> None:
        """Not a benchmark: it fails when a bulk insert has become ten thousand single ones."""
        started = time.monotonic()
        emulator.create_users({"email_address": f"u{number}@example.com"} for number in range(10_000))
        assert emulator.count_users() == 10_000
        assert time.monotonic() - started < 20


class TestState:
    def test_users_sessions_and_events_outlive_the_process(self, tmp_path: Path) -> None:
        folder = str(tmp_path / ".clerk")
        first = Emulator(folder, webhook_url="/hooks/")
        user = first.create_user(email_address="ada@example.com")
        session = first.sign_in(user["id"])
        token = first.mint_session_token(user["id"], azp=None, session_id=session["id"])
        delivered = first.deliveries()
        first.close()
        second = Emulator(folder, webhook_url="/hooks/")
        assert second.user(user["id"])["email_addresses"] == user["email_addresses"]
        assert second.directory.sessions.get(session["id"]) == session
        assert second.deliveries() == delivered
        claims = second.signer.read(token)
        assert claims is not None
        assert claims["sub"] == user["id"]
        second.close()

    def test_the_database_is_for_its_owner(self, tmp_path: Path) -> None:
        Emulator(str(tmp_path / ".clerk")).close()
        assert stat.S_IMODE((tmp_path / ".clerk" / "clerk.sqlite3").stat().st_mode) == 0o600
        assert (tmp_path / ".clerk" / ".gitignore").read_text() == "*\n"

    def test_threads_take_turns(self, tmp_path: Path) -> None:
        emulator = Emulator(str(tmp_path / ".clerk"), webhook_url="/hooks/")
        user = emulator.create_user(username="shared")

        def work(thread: int) -> None:
            for number in range(20):
                emulator.create_user(username=f"thread_{thread}_{number}")
                emulator.update_metadata(user["id"], public_metadata={f"t{thread}_{number}": 1})

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        try:
            assert emulator.count_users() == 161
            assert len(emulator.user(user["id"])["public_metadata"]) == 160, "no update is lost"
        finally:
            emulator.close()

    def test_processes_take_turns(self, tmp_path: Path) -> None:
        folder = str(tmp_path / ".clerk")
        emulator = Emulator(folder, webhook_url="/hooks/")
        user = emulator.create_user(username="shared")
        processes = [
            subprocess.Popen([sys.executable, "-c", ADD_USERS, folder, str(number), user["id"]]) for number in range(3)
        ]
        assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
        assert emulator.count_users() == 151
        assert len(emulator.user(user["id"])["public_metadata"]) == 150
        emulator.close()


class TestTheProcesssOwn:
    def test_it_is_one(self) -> None:
        assert get_emulator() is get_emulator()

    def test_a_reset_forgets_what_is_in_memory(self) -> None:
        get_emulator().seed_users(1)
        reset_emulator()
        assert get_emulator().count_users() == 0

    def test_every_folder_has_its_own(self, tmp_path: Path, emulator: Emulator) -> None:
        emulator.seed_users(1)
        with override_settings(CLERK_EMULATOR_DIR=str(tmp_path / ".clerk")):
            assert get_emulator().count_users() == 0
            assert get_emulator().credentials.secret_key != emulator.credentials.secret_key
        assert get_emulator() is emulator

    @pytest.mark.skipif(not hasattr(multiprocessing.get_context("fork"), "Process"), reason="this system does not fork")
    def test_a_forked_child_opens_its_own_connection(self, tmp_path: Path) -> None:
        with override_settings(CLERK_EMULATOR_DIR=str(tmp_path / ".clerk")):
            parent = get_emulator()
            parent.seed_users(1)
            child = multiprocessing.get_context("fork").Process(target=_in_the_child, args=(parent,))
            child.start()
            child.join(60)
            assert child.exitcode == 0
            assert parent.count_users() == 2


def _in_the_child(parent: Emulator) -> None:
    own = get_emulator()
    assert own is not parent
    assert get_emulator() is own
    own.seed_users(2)
    reset_emulator()
