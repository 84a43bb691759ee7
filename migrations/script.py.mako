"""${message}

Rules of a migration:
- It does one thing, and says in this docstring why.
- It never calculates pay: figures are rebuilt from the facts by the engine, not by SQL.
- The previous release still works on what it leaves: add first, remove a release later.
- Its `downgrade` takes exactly this step back, and both run on SQLite and PostgreSQL.
- It names tables and types itself and imports nothing from `tracker`, whose code moves on.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
