using Foof.Cli.Data;
using Foof.Cli.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// A graph network on images: patches are nodes, with an edge to and from each neighbour, and a global vector tells the class
/// (Battaglia et al. 2018, fig. 4a).
/// </summary>
internal sealed class GraphNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Edges edges;
    private readonly Linear ofNodes;
    private readonly Linear ofEdges;
    private readonly ModuleList<GraphBlock> blocks;
    private readonly Linear head;

    private GraphNetwork(ImageShape shape, int depth, int width)
        : base(nameof(GraphNetwork))
    {
        edges = new(shape);
        ofNodes = nn.Linear(ImagePatches.Length(shape), width);
        ofEdges = nn.Linear(2, width);
        blocks = new([.. Enumerable.Range(0, depth).Select(_ => new GraphBlock(edges, width))]);
        head = nn.Linear(width, shape.Classes);
        RegisterComponents();
    }

    /// <summary>Makes one for images of a shape.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings, ImageShape shape) =>
        Initialisation.Kaiming(new GraphNetwork(shape, settings.Depth!.Value, settings.Width!.Value));

    /// <summary>The classes' scores from the global vector, which starts as the mean of the nodes.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var nodes = ofNodes.call(ImagePatches.Of(input));
        var links = ofEdges.call(edges.Directions.expand(input.shape[0], -1, -1));
        var whole = nodes.mean([1]);
        foreach (var block in blocks)
            (links, nodes, whole) = block.call(links, nodes, whole);
        return scope.MoveToOuter(head.call(whole));
    }
}

/// <summary>The edges between neighbours in a grid of patches, in both directions.</summary>
internal sealed class Edges : nn.Module
{
    private readonly Tensor senders;
    private readonly Tensor receivers;
    private readonly Tensor directions;
    private readonly Tensor degrees;

    /// <summary>Makes the edges of the patches of an image.</summary>
    internal Edges(ImageShape shape)
        : base(nameof(Edges))
    {
        var (rows, columns) = ImagePatches.Grid(shape);
        var pairs = (
            from row in Enumerable.Range(0, rows)
            from column in Enumerable.Range(0, columns)
            from step in ((int Down, int Right)[])[(0, 1), (1, 0), (0, -1), (-1, 0)]
            where row + step.Down >= 0 && row + step.Down < rows
            where column + step.Right >= 0 && column + step.Right < columns
            select (From: row * columns + column, To: (row + step.Down) * columns + column + step.Right, step)
        ).ToArray();
        senders = tensor([.. pairs.Select(pair => (long)pair.From)]);
        receivers = tensor([.. pairs.Select(pair => (long)pair.To)]);
        directions = tensor([.. pairs.SelectMany(pair => (float[])[pair.step.Down, pair.step.Right])]).reshape(-1, 2);
        var counts = new float[rows * columns];
        foreach (var (_, to, _) in pairs)
            counts[to]++;
        degrees = tensor(counts).unsqueeze(1);
        RegisterComponents();
    }

    /// <summary>Down and right, [edges; 2].</summary>
    internal Tensor Directions => directions;

    /// <summary>The nodes that edges come from, [n; nodes; d] -> [n; edges; d].</summary>
    internal Tensor Senders(Tensor nodes) => nodes.index_select(1, senders);

    /// <summary>The nodes that edges go to, [n; nodes; d] -> [n; edges; d].</summary>
    internal Tensor Receivers(Tensor nodes) => nodes.index_select(1, receivers);

    /// <summary>The mean of the edges that go to each node, [n; edges; d] -> [n; nodes; d].</summary>
    internal Tensor Means(Tensor links)
    {
        var none = zeros(links.shape[0], degrees.shape[0], links.shape[2], links.dtype, links.device);
        return none.index_add(1, receivers, links, 1) / degrees;
    }
}

/// <summary>Adds to edges, then to nodes, then to the global vector what a perceptron makes of them and their neighbours.</summary>
internal sealed class GraphBlock : nn.Module<Tensor, Tensor, Tensor, (Tensor, Tensor, Tensor)>
{
    private readonly Edges grid;
    private readonly Sequential edge;
    private readonly Sequential node;
    private readonly Sequential whole;

    /// <summary>Makes a block on a graph.</summary>
    internal GraphBlock(Edges edges, int width)
        : base(nameof(GraphBlock))
    {
        grid = edges;
        edge = Perceptron(4 * width, width);
        node = Perceptron(3 * width, width);
        whole = Perceptron(3 * width, width);
        register_module(nameof(edge), edge);
        register_module(nameof(node), node);
        register_module(nameof(whole), whole);
    }

    /// <summary>Edges [n; edges; d], nodes [n; nodes; d] and global vector [n; d], in the same shapes.</summary>
    public override (Tensor, Tensor, Tensor) forward(Tensor links, Tensor nodes, Tensor vector)
    {
        using var scope = NewDisposeScope();
        links += edge.call(cat([links, grid.Senders(nodes), grid.Receivers(nodes), Each(vector, links)], 2));
        nodes += node.call(cat([nodes, grid.Means(links), Each(vector, nodes)], 2));
        vector += whole.call(cat([vector, links.mean([1]), nodes.mean([1])], 1));
        return (scope.MoveToOuter(links), scope.MoveToOuter(nodes), scope.MoveToOuter(vector));
    }

    private static Tensor Each(Tensor vector, Tensor like) => vector.unsqueeze(1).expand(-1, like.shape[1], -1);

    private static Sequential Perceptron(int inputs, int width) =>
        nn.Sequential(
            ("linear1", nn.Linear(inputs, width)),
            ("relu", nn.ReLU()),
            ("linear2", nn.Linear(width, width)),
            ("norm", nn.LayerNorm(width))
        );
}
