using System.Text.Json.Nodes;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Training;
using TorchSharp;

namespace Foof.Cli.Tests.Models;

/// <summary>What networks are made of, and what is known about them before they are made.</summary>
public class NetworkPartTests
{
    // Residual branches that end in zeros leave a network of any depth as large as its input.
    [Fact]
    public void A_wide_network_without_norms_starts_as_its_shortcuts()
    {
        torch.manual_seed(3).Dispose();
        using var scope = torch.NewDisposeScope();
        var settings = new TrainingSettings
        {
            Model = "wrn",
            Depth = 40,
            Norm = "none",
        };
        var model = ModelKind.Build(settings, new(1, 8, 8, 3));
        var blocks = model.named_modules().Select(pair => pair.module).OfType<PreActivationBlock>().ToArray();
        Assert.Equal(18, blocks.Length);
        var input = torch.randn(2, 16, 4, 4);
        Assert.Equal(input.data<float>().ToArray(), blocks[0].call(input).data<float>().ToArray());
        Assert.InRange(model.call(torch.randn(20, 1, 8, 8)).std().ToDouble(), 0.1, 10);
    }

    [Fact]
    public void Patches_hold_their_pixels_and_the_last_ones_are_filled_with_zeros()
    {
        using var scope = torch.NewDisposeScope();
        var shape = new ImageShape(2, 5, 8, 3);
        var images = torch.arange(1, 2 * 2 * 5 * 8 + 1, torch.float32).reshape(shape.Of(2));
        var patches = ImagePatches.Of(images);
        Assert.Equal([2, ImagePatches.Count(shape), ImagePatches.Length(shape)], patches.shape);
        Assert.Equal((2, 2), ImagePatches.Grid(shape));
        // The second patch of the first row: columns 4 to 7 of rows 0 to 3, of both channels.
        var expected = images[1].narrow(1, 0, 4).narrow(2, 4, 4).contiguous().data<float>().ToArray();
        Assert.Equal(expected, patches[1, 1].contiguous().data<float>().ToArray());
        var last = patches[0, 3].reshape(2, 4, 4);
        Assert.Equal(images[0].narrow(1, 4, 1).narrow(2, 4, 4).sum().ToDouble(), last.sum().ToDouble());
    }

    [Fact]
    public void Neighbouring_patches_send_to_each_other()
    {
        using var scope = torch.NewDisposeScope();
        var edges = new Edges(new(1, 8, 12, 2));
        // 0 1 2
        // 3 4 5
        var nodes = torch.arange(6, torch.float32).reshape(1, 6, 1);
        var pairs = edges.Senders(nodes).data<float>().Zip(edges.Receivers(nodes).data<float>()).ToArray();
        Assert.Equal(14, pairs.Distinct().Count());
        Assert.All(pairs, pair => Assert.Contains((pair.Second, pair.First), pairs));
        Assert.All(pairs, pair => Assert.Contains(Math.Abs(pair.First - pair.Second), new[] { 1f, 3f }));
        Assert.DoesNotContain((2f, 3f), pairs);
        // Node 4 hears of 1, 3 and 5, node 2 of 1 and 5.
        var means = edges.Means(edges.Senders(nodes));
        Assert.Equal([2f, 2f, 3f, 2f, 3f, 3f], means.data<float>().ToArray());
    }

    // Attention compares all pairs of tokens: 250x250 of them, four heads, four blocks, a batch of 100.
    [Fact]
    public void Large_images_are_counted_before_anything_is_made()
    {
        var settings = new TrainingSettings { Model = "vit", Optimizer = "adam" };
        var pairs = Math.Pow(250 * 250, 2);
        var need = MemoryNeed.LeastBytes(settings, new(1, 1000, 1000, 10));
        Assert.InRange(need / (4.0 * 100 * 4 * 4 * pairs), 1, 1.1);
    }

    [Fact]
    public void A_record_of_a_run_before_there_were_options_of_networks_is_read()
    {
        var options = new TrainingSettings
        {
            Model = "mlp",
            Optimizer = "sgd",
            LearningRate = 1,
            Damping = 1,
        };
        options = options with { InvertEvery = 10, StatisticsSteps = 10 };
        var record = new RunRecord(options, "0123456789abcdef", 1, 0, []);
        var json = JsonNode.Parse(record.ToJson())!;
        foreach (var name in new[] { "Depth", "Width", "Heads", "Pooling", "Cell", "Norm" })
            Assert.True(json["Options"]!.AsObject().Remove(name));
        Assert.Equal(options, RunRecord.FromJson(json.ToJsonString())?.Options);
    }
}
