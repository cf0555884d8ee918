"""Products over HTTP: everybody reads, staff changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from event_contracts.catalogue_search import (
    DEFAULT_PAGE_SIZE,
    LAST_PAGE,
    LONGEST_SEARCH,
    PRICE_BANDS,
    SORT_ORDERS,
    CatalogueSearchQuery,
)
from monolith.catalogue import operations, queries
from monolith.catalogue.migration_paths import CATALOGUE_SEARCH
from monolith.strangler import routing

if TYPE_CHECKING:
    from rest_framework.request import Request

    from event_contracts.catalogue_search import CatalogueSearchPage

STOCK_CODE = OpenApiParameter("stock_code", str, OpenApiParameter.PATH)
_LARGEST_PAGE_SIZE = 100


class MayChangeProducts(BasePermission):
    """The caller belongs to the staff who keep the catalogue."""

    message = "Only staff who keep the catalogue can do this."

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Tell whether the user has what the admin asks for, too."""
        needed = ["catalogue.add_product", "catalogue.change_product"]
        return request.user.is_staff and request.user.has_perms(needed)


class ProductCardSerializer(serializers.Serializer[Any]):
    """A product as a list shows it."""

    stock_code = serializers.CharField()
    description = serializers.CharField()
    price_pence = serializers.IntegerField()
    quantity = serializers.IntegerField(help_text="pieces in stock")


class FacetCountSerializer(serializers.Serializer[Any]):
    """How many products another choice in one filter would find."""

    name = serializers.CharField()
    count = serializers.IntegerField()


class ProductPageSerializer(serializers.Serializer[Any]):
    """One page of products, and what other filters would find."""

    products = ProductCardSerializer(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_count = serializers.IntegerField()
    price_bands = FacetCountSerializer(many=True)
    countries = FacetCountSerializer(many=True)
    available_count = serializers.IntegerField()
    corrected = serializers.ListField(
        child=serializers.CharField(), help_text="words nothing has; similar ones stand in"
    )


class PricePointSerializer(serializers.Serializer[Any]):
    """A price and the instant from which it holds."""

    amount_pence = serializers.IntegerField()
    effective_from = serializers.DateTimeField()


class ProductDetailSerializer(ProductCardSerializer):
    """All about one product; prices newest first."""

    listed_at = serializers.DateTimeField()
    prices = PricePointSerializer(many=True)


class ProductSearchSerializer(serializers.Serializer[Any]):
    """How to look for products."""

    search = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=LONGEST_SEARCH
    )
    available_only = serializers.BooleanField(required=False, default=False)
    price_band = serializers.ChoiceField([band.name for band in PRICE_BANDS], required=False)
    popular_in = serializers.CharField(required=False, max_length=100, help_text="a country")
    sort = serializers.ChoiceField(SORT_ORDERS, required=False, default="relevance")
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=LAST_PAGE)
    page_size = serializers.IntegerField(
        required=False, default=DEFAULT_PAGE_SIZE, min_value=1, max_value=_LARGEST_PAGE_SIZE
    )

    def query(self) -> CatalogueSearchQuery:
        """Return the question that was asked, once it is valid."""
        asked = dict(self.validated_data)
        return CatalogueSearchQuery(words=asked.pop("search"), **asked)


class NewProductSerializer(serializers.Serializer[Any]):
    """A product to put on sale."""

    stock_code = serializers.CharField(max_length=32)
    description = serializers.CharField(max_length=200)
    price_pence = serializers.IntegerField()
    quantity = serializers.IntegerField()


class NewPriceSerializer(serializers.Serializer[Any]):
    """A price, from now on."""

    price_pence = serializers.IntegerField()


class StockChangeSerializer(serializers.Serializer[Any]):
    """A correction of the stock: how many more, or fewer if negative."""

    change = serializers.IntegerField()
    reason = serializers.CharField(max_length=200)


class StockSerializer(serializers.Serializer[Any]):
    """What lies on the shelf."""

    quantity = serializers.IntegerField()


class Products(APIView):
    """The catalogue."""

    def get_permissions(self) -> list[BasePermission]:
        """Let everybody read."""
        return [AllowAny() if self.request.method == "GET" else MayChangeProducts()]

    @extend_schema(
        operation_id="list_products",
        parameters=[ProductSearchSerializer],
        responses=ProductPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List products on sale."""
        wanted = ProductSearchSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        page = routing.answer(CATALOGUE_SEARCH, wanted.query()).value
        return Response(ProductPageSerializer(_shown(page)).data)

    @extend_schema(
        operation_id="list_product_for_sale",
        request=NewProductSerializer,
        responses={201: ProductDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Put a product on sale. Staff only."""
        given = NewProductSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        product = operations.list_product(**given.validated_data, listed_at=timezone.now())
        return _detail(product.stock_code, status.HTTP_201_CREATED)


@extend_schema(parameters=[STOCK_CODE])
class Product(APIView):
    """One product."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="get_product", responses=ProductDetailSerializer)
    def get(self, request: Request, stock_code: str) -> Response:  # noqa: ARG002
        """Return one product."""
        return _detail(stock_code)


@extend_schema(parameters=[STOCK_CODE])
class ProductPrice(APIView):
    """What a product costs."""

    permission_classes = (MayChangeProducts,)

    @extend_schema(
        operation_id="change_price", request=NewPriceSerializer, responses=ProductDetailSerializer
    )
    def put(self, request: Request, stock_code: str) -> Response:
        """Change the price from now on. Staff only."""
        given = NewPriceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        operations.change_price(
            stock_code=stock_code, **given.validated_data, effective_at=timezone.now()
        )
        return _detail(stock_code)


@extend_schema(parameters=[STOCK_CODE])
class ProductStock(APIView):
    """What lies on the shelf."""

    permission_classes = (MayChangeProducts,)

    @extend_schema(
        operation_id="adjust_stock", request=StockChangeSerializer, responses=StockSerializer
    )
    def post(self, request: Request, stock_code: str) -> Response:
        """Correct the stock. Staff only."""
        given = StockChangeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        quantity = operations.adjust_stock(
            stock_code=stock_code, **given.validated_data, adjusted_at=timezone.now()
        )
        return Response(StockSerializer({"quantity": quantity}).data)


def _shown(page: CatalogueSearchPage) -> dict[str, Any]:
    return {
        "products": queries.cards(page.products),
        "total": page.total,
        "page": page.page,
        "page_count": page.page_count,
        "price_bands": page.price_bands,
        "countries": page.countries,
        "available_count": page.available_count,
        "corrected": page.corrected,
    }


def _detail(stock_code: str, status_code: int = status.HTTP_200_OK) -> Response:
    detail = queries.get_product_detail(stock_code=stock_code)
    return Response(ProductDetailSerializer(detail).data, status=status_code)
