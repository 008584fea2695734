"""PostgreSQL as the portal speaks to it; `ENGINE` names this folder."""
