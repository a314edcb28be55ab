"""What a data scientist would bring: a small net on CSV files, a seed at a time."""

import argparse
import os

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon


def read(channel, seed):
    folder = os.environ["SM_CHANNEL_" + channel.upper()]
    rows = np.loadtxt(os.path.join(folder, f"{seed}.csv"), delimiter=",", dtype=np.float32)
    return rows[:, 1:] / 16, rows[:, 0]


def batches(features, labels, size=64):
    order = np.random.permutation(len(labels))
    for start in range(0, len(order), size):
        at = order[start : start + size]
        yield mx.nd.array(features[at]), mx.nd.array(labels[at])


def accuracy(net, features, labels):
    metric = mx.metric.Accuracy()
    metric.update(mx.nd.array(labels), net(mx.nd.array(features)))
    return metric.get()[1]


def train(arguments, seed):
    np.random.seed(seed)
    mx.random.seed(seed)
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(arguments.hidden, activation="relu"), gluon.nn.Dense(10))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": arguments.lr})
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    data, validation = read("train", seed), read("validation", seed)
    for epoch in range(arguments.epochs):
        total = 0.0
        for features, labels in batches(*data):
            with autograd.record():
                loss = loss_of(net(features), labels)
            loss.backward()
            trainer.step(len(labels))
            total += loss.sum().asscalar()
        print(f"Epoch[{epoch}] Train-loss={total / len(data[1]):.5f}")
    print(f"seed {seed}: Validation-accuracy={accuracy(net, *validation):.6f}")
    return net


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--seeds")
    arguments = parser.parse_args()
    for seed in map(int, arguments.seeds.split(",")):
        net = train(arguments, seed)
    net.export(os.path.join(os.environ["SM_MODEL_DIR"], "model"))
