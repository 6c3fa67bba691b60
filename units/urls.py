from . import urls_accounts, urls_organisation

app_name = "units"
urlpatterns = [*urls_accounts.urlpatterns, *urls_organisation.urlpatterns]
