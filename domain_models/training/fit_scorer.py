"""Fits the scorer of `domain_models.decoding`: features of candidate spans to the probability of being right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from domain_models.decoding.scorer import Scorer

MEMBERS = 4
HIDDEN = 24
STEPS = 1200
BATCH = 16_384  # rows a step, drawn anew; all of them where there are fewer
LEARNING_RATE = 0.02
DECAY = 2e-3  # of the layers' weights
LABEL_DECAY = 2e-2  # of each label's own bias: most labels have few held-out spans

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """Candidates: features (n, F), label index (n,), whether each is right (n,), and the document of each (n,)."""

    features: Array
    labels: NDArray[np.int64]
    right: Array
    documents: NDArray[np.int64]

    def of(self, chosen: NDArray[np.bool_]) -> "Rows":
        """The chosen rows."""
        return Rows(self.features[chosen], self.labels[chosen], self.right[chosen], self.documents[chosen])


def fit_scorer(rows: Rows, label_count: int, seed: int) -> Scorer:
    """An ensemble fitted by Adam on binary cross-entropy with weight decay."""
    torch.manual_seed(seed)
    mean = rows.features.mean(0)
    scale = rows.features.std(0) + 1e-3
    inputs = torch.from_numpy((rows.features - mean) / scale)
    labels, right = torch.from_numpy(rows.labels), torch.from_numpy(rows.right)
    count = inputs.shape[1]
    hidden = (torch.randn(MEMBERS, count, HIDDEN) / count**0.5).requires_grad_()
    hidden_bias = torch.zeros(MEMBERS, HIDDEN, requires_grad=True)
    out = (torch.randn(MEMBERS, HIDDEN) * 0.1).requires_grad_()
    out_bias = torch.full((MEMBERS,), -1.0, requires_grad=True)
    label_bias = torch.zeros(MEMBERS, label_count, requires_grad=True)
    optimizer = torch.optim.Adam([hidden, hidden_bias, out, out_bias, label_bias], lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        drawn = torch.randint(len(right), (BATCH,)) if len(right) > BATCH else torch.arange(len(right))
        layer = torch.tanh(torch.einsum("nf,mfh->mnh", inputs[drawn], hidden) + hidden_bias[:, None])
        logits = torch.einsum("mnh,mh->mn", layer, out) + out_bias[:, None] + label_bias[:, labels[drawn]]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, right[drawn].expand_as(logits))
        penalty = DECAY * (hidden.square().mean() + out.square().mean()) + LABEL_DECAY * label_bias.square().mean()
        optimizer.zero_grad()
        (loss + penalty).backward()
        optimizer.step()
        schedule.step()
    arrays = (hidden, hidden_bias, out, out_bias, label_bias)
    return Scorer(mean, scale, *(array.detach().numpy() for array in arrays))


def rescale(scorer: Scorer, slope: float, offset: float) -> Scorer:
    """The scorer whose logits are `slope * logit + offset` (Platt scaling folded into its weights)."""
    return Scorer(
        scorer.mean,
        scorer.scale,
        scorer.hidden,
        scorer.hidden_bias,
        np.asarray(scorer.out * slope, np.float32),
        np.asarray(scorer.out_bias * slope + offset, np.float32),
        np.asarray(scorer.label_bias * slope, np.float32),
    )


def platt(probabilities: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Slope and offset on the logit that make probabilities match outcomes best (Platt 1999)."""
    values = torch.tensor(probabilities, dtype=torch.float64).clamp(1e-5, 1 - 1e-5)
    logits, truth = torch.logit(values), torch.tensor(right, dtype=torch.float64)
    weights = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scaled = logits * weights[0] + weights[1]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scaled, truth)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    slope, offset = weights.detach().tolist()
    return slope, offset
