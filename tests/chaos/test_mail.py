"""The mail server away: the promise waits in its row with the reason, and goes out once it is back."""

from tests.chaos.calamity import SWEEP


def test_a_mail_waits_for_its_server_and_is_sent_once(portal, desk, mark):
    address = f"waits-{mark}@calamity.example"
    portal.stop("mail")
    desk.post("/clients", {"name": "Waiting Ltd", "contact": {"name": "Wes", "email": address}}).ok(201)

    def row() -> dict | None:
        rows = [one for one in desk.get("/notifications").ok()["items"] if one["to"] == address]
        return rows[0] if rows and rows[0]["reason"] else None

    waiting = portal.wait_until(row, SWEEP, 0.3)
    portal.start("mail")

    assert waiting["state"] == "planned"
    assert portal.mails(address) == []
    portal.sql('UPDATE notifications_notification SET next_try_at = now() WHERE "to" = %s', address)
    portal.wait_until(lambda: portal.mails(address), SWEEP, 0.3)

    def state() -> str:
        return portal.sql('SELECT state FROM notifications_notification WHERE "to" = %s', address)[0][0]

    # The worker writes down the end after the server has taken the mail.
    portal.wait_until(lambda: state() == "sent", SWEEP)
    assert len(portal.mails(address)) == 1
