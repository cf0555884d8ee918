"""Which stack comes after which, and what the shop is told about them."""

from __future__ import annotations

import json
from graphlib import CycleError

import pytest

from infra.local.deploy import TEMPLATES, outputs, write
from infra.local.stacks import read_templates


def _template(folder, name, *, exports=(), imports=()):
    file = folder / f"{name}.json"
    file.write_text(
        json.dumps(
            {
                "Resources": {
                    "Any": {"Properties": [{"Fn::ImportValue": export} for export in imports]}
                },
                "Outputs": {
                    str(position): {"Value": "any", "Export": {"Name": export}}
                    for position, export in enumerate(exports)
                },
            }
        )
    )


def test_a_stack_comes_after_those_it_imports_from(tmp_path):
    _template(tmp_path, "a-service", imports=["bus", "alarms"])
    _template(tmp_path, "bus", exports=["bus"], imports=["alarms"])
    _template(tmp_path, "zz-alarms", exports=["alarms"])

    names = [template.name for template in read_templates(tmp_path)]

    assert names == ["zz-alarms", "bus", "a-service"]


def test_stacks_that_import_from_each_other_are_refused(tmp_path):
    _template(tmp_path, "chicken", exports=["egg"], imports=["hen"])
    _template(tmp_path, "hen", exports=["hen"], imports=["egg"])

    with pytest.raises(CycleError):
        read_templates(tmp_path)


def test_every_import_of_the_committed_templates_is_exported_by_one_of_them():
    templates = read_templates(TEMPLATES)

    exports = set().union(*(template.exports for template in templates))
    imports = set().union(*(template.imports for template in templates))

    assert imports
    assert imports <= exports


def test_exports_become_sections_with_addresses_of_the_endpoint():
    topic = "arn:aws:sns:eu-west-1:000000000000:guest-order-events.fifo"

    deployed = outputs(
        {
            "banyan:topics:guest-order": topic,
            "banyan:queues:tasks-dead": "http://localhost:1/000000000000/banyan-tasks-dead",
            "banyan:services:order-history": "http://1a2b3c4d.execute-api.localhost:1",
            "banyan:edges:order-history": "http://1a2b3c4d.execute-api.localhost:1/edge/orders",
            "somebody:elses:export": "any",
        },
        endpoint="http://127.0.0.1:14566",
    )

    assert deployed == {
        "topics": {"guest-order": topic},
        "queues": {"tasks_dead": "http://127.0.0.1:14566/000000000000/banyan-tasks-dead"},
        "services": {"order_history": "http://127.0.0.1:14566/_aws/execute-api/1a2b3c4d/$default"},
        "edges": {
            "order_history": "http://127.0.0.1:14566/_aws/execute-api/1a2b3c4d/$default/edge/orders"
        },
    }


def test_outputs_are_written_whole_into_a_folder_that_may_be_new(tmp_path):
    file = tmp_path / "state" / "deployed.json"

    write({"topics": {}}, file)
    write({"topics": {"customer": "arn"}}, file)

    assert json.loads(file.read_text()) == {"topics": {"customer": "arn"}}
    assert list(file.parent.iterdir()) == [file]
