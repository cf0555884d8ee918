"""Every address of the API, and the document that describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from monolith.catalogue import api as catalogue
from monolith.customers import api as customers
from monolith.ordering.api import baskets, confirmations, edge_tokens, orders

if TYPE_CHECKING:
    from rest_framework.request import Request


@extend_schema(exclude=True)
class Nothing(APIView):
    """Whatever is not an address of the API."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *_args: object, **_kwargs: object) -> None:
        """Refuse, whatever the method.

        Raises:
            NotFound: always.
        """
        self.check_throttles(request)
        raise NotFound(f"There is nothing at {request.path}")


app_name = "api"
urlpatterns = [
    path(
        "schema/",
        SpectacularAPIView.as_view(),
        name="schema",
    ),
    path("tokens/", customers.Tokens.as_view(), name="tokens"),
    path("edge-tokens/", edge_tokens.EdgeTokens.as_view(), name="edge-tokens"),
    path("products/", catalogue.Products.as_view(), name="products"),
    path("products/<str:stock_code>/", catalogue.Product.as_view(), name="product"),
    path("products/<str:stock_code>/price/", catalogue.ProductPrice.as_view(), name="price"),
    path("products/<str:stock_code>/stock/", catalogue.ProductStock.as_view(), name="stock"),
    path("customers/", customers.Customers.as_view(), name="customers"),
    path("customers/me/", customers.OwnAccount.as_view(), name="own-account"),
    path("baskets/<uuid:token>/", baskets.Basket.as_view(), name="basket"),
    path("baskets/<uuid:token>/check-out/", baskets.CheckOut.as_view(), name="check-out"),
    path(
        "baskets/<uuid:token>/lines/<str:stock_code>/",
        baskets.BasketLine.as_view(),
        name="basket-line",
    ),
    path("orders/", orders.Orders.as_view(), name="orders"),
    path("orders/<str:order_number>/", orders.Order.as_view(), name="order"),
    path(
        "orders/<str:order_number>/cancellation/",
        orders.OrderCancellation.as_view(),
        name="cancellation",
    ),
    path(
        "orders/<str:order_number>/confirmation/",
        confirmations.OrderToConfirm.as_view(),
        name="order-to-confirm",
    ),
    path("orders/<str:order_number>/dispatch/", orders.OrderDispatch.as_view(), name="dispatch"),
    path("orders/<str:order_number>/returns/", orders.OrderReturns.as_view(), name="returns"),
    re_path("", Nothing.as_view()),
]
