using System.Diagnostics;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Continual;

/// <summary>Trains one network on all tasks, one after the other, with one variant's penalty.</summary>
internal sealed class SequenceRun(
    ContinualSettings settings,
    ContinualVariant variant,
    double strength,
    long seed,
    TaskSequence sequence
)
{
    private const int Width = 100;
    private const int EvaluationBatch = 2000;
    private const int FisherBatch = 500;

    // No epoch has such a high number, so the Fisher's batches have an order of their own.
    private const int FisherPass = 900_000;

    private int done;

    /// <summary>What the penalty says that it does not cover, and what else the user should know.</summary>
    internal IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>How many steps all tasks have together.</summary>
    internal int Steps =>
        sequence.Tasks.Sum(task => settings.Epochs * Batches.CountOf(task.Train.Count, settings.BatchSize));

    /// <summary>Trains the network; null if the user stopped it.</summary>
    /// <param name="meter">Shows the steps.</param>
    /// <param name="time">Counts the steps of the whole command.</param>
    /// <param name="after">How many steps the command has after this sequence.</param>
    /// <param name="stop">Stops it.</param>
    /// <exception cref="SequenceFailure">The numbers failed.</exception>
    internal SequenceResult? Run(Meter meter, TimeLeft time, long after, CancellationToken stop)
    {
        var start = Stopwatch.GetTimestamp();
        manual_seed(seed).Dispose();
        var device = sequence.Tasks[0].Train.Labels.device;
        using var model = Network().to(device);
        using var memory = variant.Make(model, strength);
        var (test, validation) = (new List<double[]>(), new List<double[]>());
        var bytes = 0L;
        try
        {
            foreach (var (place, task) in sequence.Tasks.Index())
            {
                bytes = memory?.Bytes ?? 0;
                Learn(model, memory, task, place, Show, stop);
                test.Add(Accuracies(model, task => task.Test));
                validation.Add(Accuracies(model, task => task.Validation));
                if (place < sequence.Tasks.Count - 1)
                    Consolidate(model, memory, task, place, stop);
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (NumericalFailure failure)
        {
            throw new SequenceFailure(
                $"{variant.Name} with strength {strength} stopped after {done} steps: {failure.Message}"
            );
        }
        Warnings = memory?.Warnings ?? [];
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(variant.Name, strength, seed, [.. test], [.. validation], bytes, seconds);

        void Show(int place, Tensor loss)
        {
            time.Add();
            meter.Show(
                ++done,
                () => $"task {place + 1}, loss {loss.item<float>():F4}{time.Of(", ", Steps - done + after)}"
            );
        }
    }

    private nn.Module<Tensor, Tensor> Network() =>
        settings.Network is { } network
            ? nn.Sequential(
                ("images", nn.Unflatten(1, sequence.Shape.Of(1)[1..])),
                ("network", ModelKind.Build(network, sequence.Shape))
            )
            : Perceptron();

    private nn.Module<Tensor, Tensor> Perceptron() =>
        Initialisation.Kaiming(
            nn.Sequential(
                ("linear1", nn.Linear(sequence.Shape.Pixels, Width)),
                ("relu1", nn.ReLU()),
                ("linear2", nn.Linear(Width, Width)),
                ("relu2", nn.ReLU()),
                ("linear3", nn.Linear(Width, sequence.Shape.Classes))
            )
        );

    // Adam starts again with each task, since its moments belong to the task before.
    private void Learn(
        nn.Module<Tensor, Tensor> model,
        Consolidator? memory,
        ContinualTask task,
        int place,
        Action<int, Tensor> show,
        CancellationToken stop
    )
    {
        using var optimizer = optim.Adam(model.parameters(), settings.LearningRate);
        var head = task.Head(model);
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            var pass = 1 + place * settings.Epochs + epoch;
            using var batches = new Batches(task.Train, settings.BatchSize, seed, pass);
            for (var step = 0; step < batches.Count; step++)
            {
                stop.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var (images, labels) = batches[step];
                optimizer.zero_grad();
                var loss = LikelihoodModule.loss(
                    Likelihood.Categorical,
                    head.call(task.Input(images)),
                    ContinualTask.Target(head, labels)
                );
                Step(loss, memory, optimizer);
                show(place, loss);
            }
        }
    }

    // Synaptic intelligence needs the gradient of the task's loss before the penalty is added.
    private static void Step(Tensor loss, Consolidator? memory, optim.Optimizer optimizer)
    {
        var value = loss.item<float>();
        if (!float.IsFinite(value))
            throw new NumericalFailure($"the loss is {value}", "a step", "lower --learning-rate or --strength");
        loss.backward();
        (memory as SynapticIntelligence)?.BeforeStep();
        memory?.AddGradient();
        optimizer.step();
        (memory as SynapticIntelligence)?.AfterStep();
    }

    private void Consolidate(
        nn.Module<Tensor, Tensor> model,
        Consolidator? memory,
        ContinualTask task,
        int place,
        CancellationToken stop
    )
    {
        (memory as SynapticIntelligence)?.Consolidate();
        if (memory is not ElasticWeightConsolidation elastic)
            return;
        using var scope = NewDisposeScope();
        using var batches = new Batches(task.Train, FisherBatch, seed, FisherPass + place);
        using var generator = new Generator(
            unchecked((ulong)(seed * 1_000_003 + FisherPass + place)),
            task.Train.Labels.device
        );
        elastic.Consolidate(Points(), head: task.Head(model), generator: generator, cancellation: stop);

        IEnumerable<(Tensor, Tensor?)> Points()
        {
            var left = Math.Min(variant.Points, task.Train.Count);
            for (var i = 0; left > 0; i++)
            {
                var (images, _) = batches[i];
                var count = Math.Min(left, images.shape[0]);
                left -= count;
                yield return (task.Input(images.narrow(0, 0, count)), null);
            }
        }
    }

    private double[] Accuracies(nn.Module<Tensor, Tensor> model, Func<ContinualTask, ImageSet> set) =>
        [.. sequence.Tasks.Select(task => Accuracy(task, task.Head(model), set(task)))];

    private static double Accuracy(ContinualTask task, nn.Module<Tensor, Tensor> head, ImageSet set)
    {
        using var unrecorded = no_grad();
        var correct = 0L;
        foreach (var (images, labels) in set.InOrder(EvaluationBatch))
        {
            using var scope = NewDisposeScope();
            correct += ModelKind.Correct(head.call(task.Input(images)), ContinualTask.Target(head, labels));
        }
        return (double)correct / set.Count;
    }
}

/// <summary>The numbers of a sequence failed.</summary>
/// <param name="sentence">The sequence and the reason.</param>
internal sealed class SequenceFailure(string sentence) : Exception(sentence);
