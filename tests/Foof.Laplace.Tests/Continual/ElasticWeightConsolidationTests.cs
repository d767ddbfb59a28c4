using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Continual;

public sealed class ElasticWeightConsolidationTests : IDisposable
{
    private readonly Small small = new();

    public void Dispose() => small.Dispose();

    private ElasticWeightConsolidation Make(
        CurvatureStructure structure,
        ContinualTasks tasks = ContinualTasks.Online,
        double strength = 1.5,
        double decay = 1
    ) =>
        new(
            small.Model,
            Loss.CrossEntropy,
            new()
            {
                Structure = structure,
                Tasks = tasks,
                Strength = strength,
                Decay = decay,
            }
        );

    private double[] GradientOfPenalty(Consolidator tasks)
    {
        small.ClearGradients();
        tasks.AddGradient();
        return small.Gradients();
    }

    private static double Value(Consolidator tasks)
    {
        using var penalty = tasks.Penalty();
        return penalty.ToDouble();
    }

    [Fact]
    public void The_full_penalty_of_one_task_is_that_of_the_dense_Fisher()
    {
        using var tasks = Make(CurvatureStructure.LowRank);
        var data = small.Task(1);
        var (centre, fisher) = (small.Weights(), small.Fisher(data));
        tasks.Consolidate(data);
        small.Move(2);
        var d = Dense.Minus(small.Weights(), centre);
        var product = Dense.Times(fisher, d);
        Dense.Agrees([0.75 * Dense.Dot(d, product)], [Value(tasks)]);
        Dense.Agrees(Dense.Scaled(1.5, product), GradientOfPenalty(tasks));
    }

    [Fact]
    public void The_diagonal_penalty_is_that_of_the_dense_Fishers_diagonal()
    {
        using var tasks = Make(CurvatureStructure.Diagonal);
        var data = small.Task(1);
        var (centre, fisher) = (small.Weights(), small.Fisher(data));
        tasks.Consolidate(data, weight: 2);
        small.Move(2);
        var d = Dense.Minus(small.Weights(), centre);
        Dense.Agrees([.. d.Select((x, i) => 3 * fisher[i, i] * x)], GradientOfPenalty(tasks));
    }

    [Fact]
    public void Online_tasks_decay_and_recentre_and_separate_ones_add_up()
    {
        using var online = Make(CurvatureStructure.LowRank, decay: 0.5);
        using var separate = Make(CurvatureStructure.LowRank, ContinualTasks.Separate);
        using var summed = Make(CurvatureStructure.LowRank, ContinualTasks.Summed);
        var (fishers, centres) = (new List<double[,]>(), new List<double[]>());
        for (var task = 0; task < 3; task++)
        {
            small.Move(10 + task);
            var data = small.Task(20 + task);
            (centres, fishers) = ([.. centres, small.Weights()], [.. fishers, small.Fisher(data)]);
            foreach (var tasks in new[] { online, separate, summed })
                tasks.Consolidate(data);
        }
        small.Move(30);
        var theta = small.Weights();
        double[] Of(double weight, int task, int centre) =>
            Dense.Scaled(1.5 * weight, Dense.Times(fishers[task], Dense.Minus(theta, centres[centre])));

        var expected = Dense.Plus(Dense.Plus(Of(0.25, 0, 2), Of(0.5, 1, 2)), Of(1, 2, 2));
        Dense.Agrees(expected, GradientOfPenalty(online));
        var all = Dense.Plus(Dense.Plus(Of(1, 0, 0), Of(1, 1, 1)), Of(1, 2, 2));
        Dense.Agrees(all, GradientOfPenalty(separate));
        Dense.Agrees(all, GradientOfPenalty(summed));
        Dense.Agrees([Value(separate)], [Value(summed)]);
        Assert.Equal(3, online.Tasks);
        Assert.True(summed.Bytes < separate.Bytes + 1000);
    }

    [Theory]
    [InlineData(CurvatureStructure.Kronecker)]
    [InlineData(CurvatureStructure.Diagonal)]
    [InlineData(CurvatureStructure.LowRank)]
    public void Autograd_and_adding_to_grad_give_the_same_gradient(CurvatureStructure structure)
    {
        using var tasks = Make(structure);
        tasks.Consolidate(small.Task(1));
        small.Move(2);
        var expected = GradientOfPenalty(tasks);
        small.ClearGradients();
        using (var penalty = tasks.Penalty())
            penalty.backward();
        Dense.Agrees(expected, small.Gradients());
        Assert.True(Dense.Dot(expected, expected) > 0);
    }

    [Fact]
    public void A_loss_with_the_penalty_has_both_gradients()
    {
        using var tasks = Make(CurvatureStructure.Kronecker);
        tasks.Consolidate(small.Task(1));
        small.Move(2);
        var (input, target) = small.Task(3)[0];
        double[] Backward(bool withPenalty)
        {
            using var scope = NewDisposeScope();
            small.ClearGradients();
            var loss = nn.functional.cross_entropy(small.Model.call(input), target!);
            (withPenalty ? loss + tasks.Penalty() : loss).backward();
            return small.Gradients();
        }

        Dense.Agrees(Dense.Plus(Backward(false), GradientOfPenalty(tasks)), Backward(true));
    }

    [Fact]
    public void Batches_count_by_their_data_points()
    {
        foreach (var structure in Small.Structures)
        {
            using var once = Make(structure);
            using var apart = Make(structure);
            var (input, target) = small.Task(1, batches: 1, points: 8)[0];
            once.Consolidate([(input, target)]);
            apart.Consolidate([
                (input.narrow(0, 0, 2), target!.narrow(0, 0, 2)),
                (input.narrow(0, 2, 6), target.narrow(0, 2, 6)),
            ]);
            small.Move(2);
            Dense.Agrees(GradientOfPenalty(once), GradientOfPenalty(apart));
        }
    }

    [Fact]
    public void Merged_Kronecker_products_are_the_default_and_stay_as_large_as_one()
    {
        using var tasks = new ElasticWeightConsolidation(small.Model, Loss.CrossEntropy);
        Assert.Equal(1, tasks.Strength);
        tasks.Consolidate(small.Task(1));
        var bytes = tasks.Bytes;
        tasks.Consolidate(small.Task(2));
        tasks.Consolidate(small.Task(3));
        Assert.Equal(bytes, tasks.Bytes);
        Assert.Equal(0, tasks.DiscardedTraceFraction);
    }

    [Fact]
    public void A_column_budget_bounds_memory_and_reports_what_it_left_out()
    {
        using var tasks = new ElasticWeightConsolidation(
            small.Model,
            Loss.CrossEntropy,
            new() { Structure = CurvatureStructure.LowRank, ColumnBudget = 10 }
        );
        tasks.Consolidate(small.Task(1));
        var bytes = tasks.Bytes;
        tasks.Consolidate(small.Task(2));
        Assert.Equal(bytes, tasks.Bytes);
        Assert.InRange(tasks.DiscardedTraceFraction, 1e-6, 0.5);
    }

    [Fact]
    public void Sampled_labels_come_from_the_generator()
    {
        using var tasks = new[] { 1UL, 1UL, 2UL }
            .Select(seed =>
            {
                var made = new ElasticWeightConsolidation(
                    small.Model,
                    Loss.CrossEntropy,
                    new() { FisherType = FisherType.MonteCarlo, Structure = CurvatureStructure.Diagonal }
                );
                using var generator = new Generator(seed);
                made.Consolidate(small.Task(1), generator: generator);
                return made;
            })
            .ToArray()
            .AsOwner();
        small.Move(2);
        var gradients = tasks.Items.Select(GradientOfPenalty).ToArray();
        Assert.Equal(gradients[0], gradients[1]);
        Assert.NotEqual(gradients[0], gradients[2]);
    }

    [Fact]
    public void Before_the_first_task_and_at_strength_zero_there_is_no_penalty()
    {
        using var tasks = Make(CurvatureStructure.Kronecker, strength: 0);
        Assert.Equal(0, Value(tasks));
        tasks.Consolidate(small.Task(1));
        small.Move(2);
        Assert.Equal(0, Value(tasks));
        Assert.All(GradientOfPenalty(tasks), value => Assert.Equal(0, value));
        tasks.Strength = 1;
        Assert.True(Value(tasks) > 0);
    }

    [Fact]
    public void The_optimisers_option_keeps_what_the_task_needs()
    {
        double Distance(double strength)
        {
            using var own = new Small();
            using var tasks = new ElasticWeightConsolidation(
                own.Model,
                Loss.CrossEntropy,
                new() { Strength = strength }
            );
            tasks.Consolidate(own.Task(1));
            using var optimizer = new FoofOptimizer(own.Model, learningRate: 0.1) { Penalty = tasks };
            var (input, target) = own.Task(3)[0];
            for (var step = 0; step < 20; step++)
                optimizer.Step(input, target!).Dispose();
            tasks.Strength = 1;
            return Value(tasks);
        }

        Assert.True(Distance(3) < Distance(0) / 2);
    }

    [Fact]
    public void Nothing_leaks()
    {
        using var tasks = Make(CurvatureStructure.LowRank, ContinualTasks.Online, decay: 0.5);
        var data = small.Task(1);
        tasks.Consolidate(data);
        small.ClearGradients();
        tasks.AddGradient();
        var before = LiveTensors.Settled();
        for (var i = 0; i < 5; i++)
        {
            tasks.AddGradient();
            tasks.Penalty().Dispose();
        }
        Assert.Equal(before, Tensor.TotalCount);
        using var kronecker = Make(CurvatureStructure.Kronecker);
        kronecker.Consolidate(data);
        before = LiveTensors.Settled();
        kronecker.Consolidate(data);
        Assert.Equal(before, Tensor.TotalCount);
        // Its tensors are counted too.
        GC.KeepAlive(data);
    }

    [Fact]
    public void A_file_brings_its_warnings_and_keeps_the_memory_budget()
    {
        using var scope = NewDisposeScope();
        using var model = nn.Sequential(
            ("conv", nn.Conv2d(1, 2, 3)),
            ("slope", nn.PReLU(1)),
            ("flat", nn.Flatten()),
            ("fc", nn.Linear(8, 2))
        );
        (Tensor, Tensor?)[] batches = [(randn(8, 1, 4, 4), zeros(8, dtype: ScalarType.Int64))];
        using var tasks = new ElasticWeightConsolidation(model, Loss.CrossEntropy);
        tasks.Consolidate(batches);
        var path = Path.GetTempFileName();
        try
        {
            tasks.Save(path);
            using var again = new ElasticWeightConsolidation(model, Loss.CrossEntropy);
            again.Load(path);
            Assert.Equal(tasks.Warnings, again.Warnings);
            again.Consolidate(batches);
            Assert.Single(again.Warnings);
            using var small = new ElasticWeightConsolidation(model, Loss.CrossEntropy, new() { MemoryBudget = 10 });
            var error = Assert.Throws<ArgumentException>(() => small.Load(path));
            Assert.Contains("memory budget", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
        tasks.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tasks.Bytes);
    }
}
