"""Coming in, one's own account, and the administrator's list of accounts."""

from django.urls import path

from .views import session

urlpatterns = [
    path("accounts/login/", session.LoginView.as_view(), name="login"),
    path("accounts/logout/", session.logout, name="logout"),
    path("accounts/password/", session.password, name="password"),
    path("accounts/me/", session.account, name="account"),
]
