"""Products, their prices over time, and how many pieces lie on the shelf."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Upper


class Product(models.Model):
    """Something the shop sells, known to the trade by its stock code."""

    stock_code = models.CharField(max_length=32, db_collation="C")
    description = models.CharField(max_length=200)
    listed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    search = models.GeneratedField(
        expression=Func(F("stock_code"), F("description"), function="catalogue_words"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stock_code"], name="catalogue_product_stock_code_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(stock_code=Upper("stock_code")) & ~models.Q(stock_code=""),
                name="catalogue_product_stock_code_upper_case",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="catalogue_product_search"),
            models.Index(fields=["description", "id"], name="catalogue_product_by_name"),
            models.Index(fields=["-listed_at", "id"], name="catalogue_product_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.stock_code} {self.description}"


class SearchWord(models.Model):
    """A word's stem that some product's text has; kept by a trigger (migration 0003)."""

    word = models.TextField(primary_key=True, db_collation="C")

    def __str__(self) -> str:
        return self.word


class TradeCount(models.Model):
    """What the orders of all days before today say about a product; counted once a day."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="counted"
    )
    order_count = models.IntegerField()
    popular_in = ArrayField(models.TextField())
    also_bought = ArrayField(models.TextField())

    def __str__(self) -> str:
        return f"{self.order_count} orders of product {self.product_id}"


class Price(models.Model):
    """What one piece costs from an instant on, until a later price takes over."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="prices", db_index=False
    )
    amount_pence = models.IntegerField()
    effective_from = models.DateTimeField()

    class Meta:
        constraints = [
            # Also the index that finds the price of an instant.
            models.UniqueConstraint(
                fields=["product", "effective_from"], name="catalogue_price_one_per_instant"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_pence__gt=0), name="catalogue_price_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_pence}p from {self.effective_from:%Y-%m-%d %H:%M}"


class StockLevel(models.Model):
    """How many pieces of a product there are: a row of its own, so that sales lock nothing else."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="stock"
    )
    quantity = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0), name="catalogue_stock_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"
