"""Addresses of ordering. Order numbers come last: they would match the words before them."""

from django.urls import path

from monolith.ordering.views import baskets, check_out, orders

app_name = "ordering"
urlpatterns = [
    path("", orders.my_orders, name="my-orders"),
    path("basket/", baskets.basket, name="basket"),
    path("basket/add/", baskets.add_to_basket, name="add-to-basket"),
    path("basket/<str:stock_code>/", baskets.set_quantity, name="set-quantity"),
    path("check-out/", check_out.check_out, name="check-out"),
    path("<str:order_number>/", orders.order, name="order"),
    path("<str:order_number>/placed/", check_out.placed, name="placed"),
    path("<str:order_number>/cancel/", orders.cancel, name="cancel"),
    path("<str:order_number>/return/", orders.return_items, name="return"),
]
