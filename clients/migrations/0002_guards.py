"""Who may read and write what of people and settings."""

from django.db import migrations

from clients.guards import (
    APPEND,
    CLIENTS_IN_SIGHT,
    EVERYTHING,
    PERSON,
    READ,
    READ_WRITE,
    _run,
    append_only,
    guard,
    guard_person,
    share,
)


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0001_initial"),
        ("account", "__latest__"),
        ("mfa", "__latest__"),
        ("usersessions", "__latest__"),
        ("sessions", "__latest__"),
    ]

    operations = [
        _run("INSERT INTO clients_agency (id, name, name_zh, phone, sender, logo, time_zone, demands_second_factor, "
             "eligibility_is_open, identity_papers_kept_days, stored_in) VALUES (1, 'Filing agency', '', '', "
             "'portal@agency.example', '', 'Asia/Shanghai', false, true, 90, 'Shanghai, mainland China')"),
        share("clients_agency", every="SELECT, UPDATE", some=READ, door=READ),
        guard("clients_client", client="id", every=READ_WRITE, some=READ),
        # People: whoever is limited sees the agency's staff and those of the clients in sight, and changes themselves.
        _run(
            "ALTER TABLE clients_user ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE clients_user FORCE ROW LEVEL SECURITY",
            "CREATE POLICY everybody ON clients_user TO portal_all, portal_door USING (true) WITH CHECK (true)",
            "CREATE POLICY in_sight ON clients_user FOR SELECT TO portal_some "
            f"USING (id = {PERSON} OR id IN (SELECT user_id FROM clients_membership))",
            f"CREATE POLICY own ON clients_user FOR UPDATE TO portal_some USING (id = {PERSON}) WITH CHECK (id = {PERSON})",
            f"GRANT {READ_WRITE} ON clients_user TO portal_all",
            "GRANT SELECT, UPDATE ON clients_user TO portal_some, portal_door",
        ),
        _run(
            "ALTER TABLE clients_membership ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE clients_membership FORCE ROW LEVEL SECURITY",
            "CREATE POLICY every_client ON clients_membership TO portal_all USING (true) WITH CHECK (true)",
            "CREATE POLICY at_the_door ON clients_membership FOR SELECT TO portal_door USING (true)",
            "CREATE POLICY some_clients ON clients_membership FOR SELECT TO portal_some "
            f"USING (client_id = {CLIENTS_IN_SIGHT})",
            "CREATE POLICY the_agency ON clients_membership FOR SELECT TO portal_some USING (client_id IS NULL)",
            f"GRANT {READ_WRITE} ON clients_membership TO portal_all",
            "GRANT SELECT ON clients_membership TO portal_some, portal_door",
        ),
        guard("clients_invitation", some=READ, door="SELECT, UPDATE"),
        guard_person("clients_apitoken", door="SELECT, UPDATE"),
        guard_person("clients_idempotencykey", door="SELECT"),
        guard("clients_auditevent", every=APPEND, some="SELECT, INSERT", door="INSERT, SELECT"),
        # Somebody limited leaves traces of themselves, which belong to no client.
        _run(
            "CREATE POLICY own_trace ON clients_auditevent FOR INSERT TO portal_some "
            f"WITH CHECK (client_id IS NULL AND by_id = {PERSON})",
        ),
        append_only("clients_auditevent"),
        guard_person("account_emailaddress"),
        guard_person("mfa_authenticator"),
        guard_person("usersessions_usersession"),
        share("account_emailconfirmation", every=EVERYTHING, some=READ, door=READ),
        share("django_session", every=EVERYTHING, some=EVERYTHING, door=EVERYTHING),
        share("django_content_type", every=READ, some=READ, door=READ),
    ]
