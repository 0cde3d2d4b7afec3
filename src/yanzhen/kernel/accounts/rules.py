"""Rules of logins that a place may set for itself. Password length, days and locks are settings of the installation."""

from yanzhen.kernel.rulebook.api import declare

declare(
    "accounts.totp_roles", "必须使用二次验证的角色", type="list",
    default=(
        "system_officer", "security_officer", "audit_officer", "county_officer", "county_centre", "department_officer",
        "data_officer", "discipline_reader", "audit_reader",
    ),
    basis="GB/T 22239-2019 8.1.4.1 d)：应采用两种或两种以上组合的鉴别技术；适用角色为平台默认", mark="default", steward="security",
)  # fmt: skip
