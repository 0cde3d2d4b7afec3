"""Addresses of login, password and second factor: the library's views, each marked with who may come.

Only what a closed house needs: no sign-up, no password by mail.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as sessions
from django.urls import path

from yanzhen.kernel.accounts.web import views
from yanzhen.kernel.scope.web import public_page, signed_in

urlpatterns = [
    path("account/login/", public_page(account.login), name="account_login"),
    path("account/logout/", public_page(account.logout), name="account_logout"),
    path("account/inactive/", public_page(account.account_inactive), name="account_inactive"),
    path("account/signup/", views.closed, name="account_signup"),
    path("account/password/reset/", views.forgotten, name="account_reset_password"),
    path("account/password/", signed_in(account.password_change), name="account_change_password"),
    path("account/reauthenticate/", signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("account/2fa/", signed_in(mfa.index), name="mfa_index"),
    path("account/2fa/authenticate/", public_page(mfa.authenticate), name="mfa_authenticate"),
    path("account/2fa/reauthenticate/", signed_in(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("account/2fa/totp/activate/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path("account/2fa/totp/deactivate/", signed_in(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/2fa/codes/", signed_in(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/2fa/codes/new/", signed_in(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/2fa/codes/file/", signed_in(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("account/sessions/", signed_in(sessions.list_usersessions), name="usersessions_list"),
]
