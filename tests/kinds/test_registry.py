"""What is served is what is built, and nothing else."""

from __future__ import annotations

from pathlib import Path

from studio_ext import awsmodel
from studio_ext.kinds.registry import RECORDS, SageMakerService, records
from studio_ext.store import Store


def test_records_serve_all_their_verbs_and_nothing_unknown(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'studio.db'}")
    found = set(SageMakerService(store, records(store)).operations())
    known = set(awsmodel.load("sagemaker").operations)
    assert found <= known
    for kind in RECORDS:
        of_it = {operation.name for operation in kind(store).model.verbs.values()}
        assert of_it <= found, kind.noun
    assert "CreateTrainingJob" not in found
    assert "Search" not in found
    store.close()
