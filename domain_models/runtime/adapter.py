"""An adapter's tensors on disk: those by which a tuned network differs from its base, in bf16.

Split so that no file exceeds 24 MB. The embeddings are the base's own (training leaves them frozen), so they are
never stored. Of a network with low-rank updates the factors are stored, and added to the base's weights on loading.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from domain_models.adapter import AdapterConfig, load_config
from domain_models.runtime.low_rank import DOWN, UP, add_updates, stored_name
from domain_models.runtime.network import TaggerNetwork
from schemas.errors import ModelUnavailable

MAX_FILE_BYTES = 24_000_000


def save_adapter(folder: Path, network: TaggerNetwork, config: AdapterConfig) -> None:
    """Writes config and trained tensors; frozen tensors are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter.json").write_text(json.dumps(asdict(config), indent=1) + "\n", encoding="utf-8")
    for stale in folder.glob("adapter*.safetensors"):
        stale.unlink()
    trained = {
        stored_name(name): p.detach().to(torch.bfloat16).cpu()
        for name, p in network.named_parameters()
        if p.requires_grad
    }
    for number, part in enumerate(_parts(trained), start=1):
        path = folder / f"adapter-{number}.safetensors"
        save_file(part, path)
        path.chmod(0o644)


def _parts(tensors: Mapping[str, torch.Tensor]) -> Iterator[dict[str, torch.Tensor]]:
    part: dict[str, torch.Tensor] = {}
    size = 0
    for name, tensor in tensors.items():
        if part and size + tensor.nbytes > MAX_FILE_BYTES:
            yield part
            part, size = {}, 0
        part[name] = tensor.contiguous()
        size += tensor.nbytes
    yield part


def load_network(folder: Path, base: Path) -> TaggerNetwork:
    """The tuned network in evaluation mode, fp32 on the CPU."""
    config = load_config(folder)
    network = TaggerNetwork(base, config.heads)
    tensors = {n: t for path in sorted(folder.glob("adapter*.safetensors")) for n, t in load_file(path).items()}
    factors = {name: tensors.pop(name) for name in list(tensors) if name.endswith((DOWN, UP))}
    misfit = add_updates(network, factors, config.alpha / config.rank) if config.rank else next(iter(factors), None)
    misfit = misfit or _put(network, tensors)
    if misfit:
        raise ModelUnavailable(f"adapter at {folder} does not fit its base model: tensor {misfit!r}")
    return network.eval()


def _put(network: TaggerNetwork, tensors: Mapping[str, torch.Tensor]) -> str | None:
    """Puts the tensors in place of the network's own; stops at one that does not fit, and names it."""
    state = network.state_dict()
    for name, tensor in tensors.items():
        if name not in state or state[name].shape != tensor.shape:
            return name
        state[name].copy_(tensor)
    return None
