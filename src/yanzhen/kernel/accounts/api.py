"""Door of logins."""

from yanzhen.kernel.accounts.models import Account
from yanzhen.kernel.accounts.services import create_account, set_active

__all__ = ["Account", "create_account", "set_active"]
