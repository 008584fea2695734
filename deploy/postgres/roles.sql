-- The roles the portal stands on; run as a superuser, as often as you like.
--
--   portal_owner   owns the database and runs migrations; no superuser, bound by row-level security like everybody
--   portal_web     logs in for pages, tasks and commands; owns nothing and may do nothing until it has taken,
--                  for one transaction, one of
--   portal_all     every client's rows
--   portal_some    the rows of the clients named in the setting portal.clients
--   portal_door    users, login sessions, memberships, tokens: enough to find out who knocks
--
-- Passwords come by the environment: PORTAL_OWNER_PASSWORD, PORTAL_WEB_PASSWORD.

\getenv owner_password PORTAL_OWNER_PASSWORD
\getenv web_password PORTAL_WEB_PASSWORD

SELECT format('CREATE ROLE %I', name)
  FROM unnest(ARRAY['portal_owner', 'portal_web', 'portal_all', 'portal_some', 'portal_door']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- A password that is set again costs a write; scram keeps no clear text, so setting it is the only way to be sure.
SET password_encryption = 'scram-sha-256';
ALTER ROLE portal_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE portal_web LOGIN NOINHERIT NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION
  PASSWORD :'web_password';
ALTER ROLE portal_all NOLOGIN NOSUPERUSER NOBYPASSRLS;
ALTER ROLE portal_some NOLOGIN NOSUPERUSER NOBYPASSRLS;
ALTER ROLE portal_door NOLOGIN NOSUPERUSER NOBYPASSRLS;

GRANT portal_all, portal_some, portal_door TO portal_web WITH INHERIT FALSE, SET TRUE;
GRANT portal_all, portal_some, portal_door TO portal_owner WITH INHERIT FALSE, SET TRUE;

-- A transaction that somebody forgot must not hold its locks for ever.
ALTER ROLE portal_web SET idle_in_transaction_session_timeout = '60s';

SELECT 'CREATE DATABASE portal OWNER portal_owner TEMPLATE template0 ENCODING ''UTF8'' '
       'LOCALE_PROVIDER builtin BUILTIN_LOCALE ''C.UTF-8'' LOCALE ''C.UTF-8'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'portal')
\gexec

ALTER DATABASE portal OWNER TO portal_owner;
REVOKE ALL ON DATABASE portal FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE portal TO portal_owner;
GRANT CONNECT ON DATABASE portal TO portal_web;

-- In template1 as well, so that test databases are born with them; only a superuser may make them.
\connect template1
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portal_all, portal_some, portal_door;

\connect portal
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO portal_all, portal_some, portal_door;
ALTER SCHEMA public OWNER TO pg_database_owner;
