using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Continual;

public sealed class ConsolidationFileTests : IDisposable
{
    private readonly Small small = new();
    private readonly string folder = Directory.CreateTempSubdirectory("foof-tasks-").FullName;

    private string File => Path.Combine(folder, "tasks.safetensors");

    public void Dispose()
    {
        small.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static double[] Of(Small small, Consolidator tasks)
    {
        small.ClearGradients();
        tasks.AddGradient();
        using var penalty = tasks.Penalty();
        return [penalty.ToDouble(), .. small.Gradients()];
    }

    public static TheoryData<CurvatureStructure, ContinualTasks> Kinds()
    {
        var kinds = new TheoryData<CurvatureStructure, ContinualTasks>();
        foreach (var structure in Small.Structures)
        foreach (var tasks in Enum.GetValues<ContinualTasks>())
            kinds.Add(structure, tasks);
        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_comes_back_to_the_same_bits_and_continues_alike(
        CurvatureStructure structure,
        ContinualTasks gathering
    )
    {
        var options = new ContinualOptions
        {
            Structure = structure,
            Tasks = gathering,
            ColumnBudget = 30,
        };
        using var written = new ElasticWeightConsolidation(small.Model, Loss.CrossEntropy, options);
        using var read = new ElasticWeightConsolidation(small.Model, Loss.CrossEntropy, options);
        written.Consolidate(small.Task(1));
        small.Move(2);
        written.Consolidate(small.Task(3));
        written.Save(File);
        read.Load(File);
        small.Move(4);
        Assert.Equal(Of(small, written), Of(small, read));
        Assert.Equal(2, read.Tasks);
        Assert.Equal(written.DiscardedTraceFraction, read.DiscardedTraceFraction);
        Assert.Equal(written.Bytes, read.Bytes);
        foreach (var tasks in new[] { written, read })
            tasks.Consolidate(small.Task(5));
        small.Move(6);
        Assert.Equal(Of(small, written), Of(small, read));
        var first = System.IO.File.ReadAllBytes(File);
        read.Load(File);
        read.Save(File);
        Assert.Equal(first, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void Synaptic_intelligence_comes_back_in_the_middle_of_a_task()
    {
        using var written = new SynapticIntelligence(small.Model, 0.1);
        using var read = new SynapticIntelligence(small.Model, 0.1);
        Train(written, 3);
        written.Consolidate();
        Train(written, 2);
        written.Save(File);
        read.Load(File);
        written.Consolidate();
        read.Consolidate();
        small.Move(4);
        Assert.Equal(Of(small, written), Of(small, read));
    }

    private void Train(SynapticIntelligence tasks, int steps)
    {
        using var optimizer = optim.Adam(small.Model.parameters(), 1e-2);
        var (input, target) = small.Task(1)[0];
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.cross_entropy(small.Model.call(input), target!).backward();
            tasks.BeforeStep();
            tasks.AddGradient();
            optimizer.step();
            tasks.AfterStep();
        }
    }

    [Fact]
    public void Another_network_kind_or_type_is_refused_and_nothing_changes()
    {
        using var written = new ElasticWeightConsolidation(small.Model, Loss.CrossEntropy);
        written.Consolidate(small.Task(1));
        written.Save(File);
        using var wide = new Small(outputs: 4);
        using var single = new Small(ScalarType.Float32);
        foreach (var other in new[] { wide, single })
        {
            using var read = new ElasticWeightConsolidation(other.Model, Loss.CrossEntropy);
            var error = Assert.Throws<ArgumentException>(() => read.Load(File));
            Assert.Contains("must be of this network", error.Message, StringComparison.Ordinal);
            Assert.Equal(0, read.Tasks);
        }
        using var diagonal = new ElasticWeightConsolidation(
            small.Model,
            Loss.CrossEntropy,
            new() { Structure = CurvatureStructure.Diagonal }
        );
        Assert.Contains(
            "must have been written by",
            Assert.Throws<ArgumentException>(() => diagonal.Load(File)).Message,
            StringComparison.Ordinal
        );
        Safetensors.Save(File, small.Model.state_dict());
        Assert.Contains(
            "must be a file of learnt tasks",
            Assert.Throws<ArgumentException>(() => written.Load(File)).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(1, written.Tasks);
    }

    [Fact]
    public void Any_changed_byte_of_the_content_is_noticed_and_nothing_changes()
    {
        using var tasks = new ElasticWeightConsolidation(small.Model, Loss.CrossEntropy);
        tasks.Consolidate(small.Task(1));
        tasks.Save(File);
        small.Move(2);
        var before = Of(small, tasks);
        var sound = System.IO.File.ReadAllBytes(File);
        for (var place = sound.Length - 1; place > sound.Length / 2; place -= 97)
        {
            var damaged = (byte[])sound.Clone();
            damaged[place] ^= 1;
            System.IO.File.WriteAllBytes(File, damaged);
            Assert.Contains(
                "is damaged",
                Assert.Throws<InvalidDataException>(() => tasks.Load(File)).Message,
                StringComparison.Ordinal
            );
        }
        Assert.Equal(before, Of(small, tasks));
    }
}
