"""A route of a service for customers themselves: a token instead of a signature."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, CfnParameter, Duration, Fn
from aws_cdk import aws_apigatewayv2 as api_gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_lambda as lambda_

from infra import exports
from infra.edge_authorizer import NAME as AUTHORIZER

# What the authorizer said is kept that long; the service looks at the token's end itself.
REMEMBERED = Duration.seconds(60)
# A customer looks at a page now and then. Whatever comes faster must not starve the signed route.
REQUESTS_PER_SECOND = 50
BURST = 100


def shop_only(stack: Any) -> api_gateway.CorsPreflightOptions:
    """Let pages of the shop, and of nobody else, read from a browser."""
    origin = CfnParameter(
        stack, "ShopOrigin", description="Where the shop's pages come from: https://shop.example"
    )
    return api_gateway.CorsPreflightOptions(
        allow_origins=[origin.value_as_string],
        allow_methods=[api_gateway.CorsHttpMethod.GET],
        allow_headers=["authorization"],
        max_age=Duration.hours(1),
    )


def add_edge_route(stack: Any, api: api_gateway.HttpApi, integration: Any, *, service: str) -> None:
    """Add `GET /edge/<service>`: the route's name is the audience that a token must have."""
    path = f"/edge/{service}"
    (route,) = api.add_routes(
        path=path,
        methods=[api_gateway.HttpMethod.GET],
        integration=integration,
        authorizer=_authorizer(stack),
    )
    _throttle(api, route, f"GET {path}")
    CfnOutput(
        stack,
        "EdgeAddress",
        value=f"{api.api_endpoint}{path}",
        export_name=exports.edge(service.replace("_", "-")),
    )


def _authorizer(stack: Any) -> authorizers.HttpLambdaAuthorizer:
    function = lambda_.Function.from_function_attributes(
        stack,
        "EdgeAuthorizer",
        function_arn=Fn.import_value(exports.function(AUTHORIZER)),
        same_environment=True,
    )
    return authorizers.HttpLambdaAuthorizer(
        "Edge",
        function,
        authorizer_name="edge",
        response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
        # With the route in it, what is remembered for one route is not believed on another.
        identity_source=["$request.header.Authorization", "$context.routeKey"],
        results_cache_ttl=REMEMBERED,
    )


def _throttle(api: api_gateway.HttpApi, route: api_gateway.HttpRoute, route_key: str) -> None:
    stage = api.default_stage.node.default_child
    stage.route_settings = {
        route_key: {"ThrottlingRateLimit": REQUESTS_PER_SECOND, "ThrottlingBurstLimit": BURST}
    }
    # API Gateway refuses settings of a route that is not there yet.
    stage.add_resource_dependency(route.node.default_child)
