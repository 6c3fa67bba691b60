"""Coming in, one's own account, and the administrator's list of accounts."""

from django.urls import path

from .views import account_batches, accounts, notifications, session

urlpatterns = [
    path("accounts/login/", session.LoginView.as_view(), name="login"),
    path("accounts/logout/", session.logout, name="logout"),
    path("accounts/password/", session.password, name="password"),
    path("accounts/me/", session.account, name="account"),
    path("messages/", notifications.notifications, name="notifications"),
    path("messages/<int:pk>/", notifications.notification, name="notification"),
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/add/", accounts.account_add, name="account_add"),
    path("accounts/people/", account_batches.account_people, name="account_people"),
    path("accounts/<int:pk>/", accounts.account_detail, name="account_detail"),
    path("accounts/<int:pk>/edit/", accounts.account_edit, name="account_edit"),
    path("accounts/<int:pk>/reset/", accounts.account_reset, name="account_reset"),
]
