using Foof.Cli.Data;
using Foof.Cli.Training;
using Foof.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Cli.Models;

/// <summary>
/// A vision transformer on patches with learned positions, its norms before attention and perceptron (Dosovitskiy et al.
/// 2021).
/// </summary>
internal sealed class VisionTransformer : nn.Module<Tensor, Tensor>
{
    private const double PositionDeviation = 0.02;

    private readonly Linear embedding;
    private readonly Parameter positions;
    private readonly Parameter? token;
    private readonly Sequential blocks;
    private readonly LayerNorm norm;
    private readonly Linear head;

    private VisionTransformer(ImageShape shape, int depth, int width, int heads, bool hasToken)
        : base(nameof(VisionTransformer))
    {
        embedding = nn.Linear(ImagePatches.Length(shape), width);
        positions = Small(ImagePatches.Count(shape) + (hasToken ? 1 : 0), width);
        if (hasToken)
            token = Small(1, width);
        blocks = nn.Sequential(
            Enumerable
                .Range(1, depth)
                .Select(place => ($"block{place}", (nn.Module<Tensor, Tensor>)new TransformerBlock(width, heads)))
        );
        norm = nn.LayerNorm(width);
        head = nn.Linear(width, shape.Classes);
        RegisterComponents();
    }

    /// <summary>Makes one for images of a shape.</summary>
    internal static nn.Module<Tensor, Tensor> Build(TrainingSettings settings, ImageShape shape) =>
        Initialisation.Xavier(
            new VisionTransformer(
                shape,
                settings.Depth!.Value,
                settings.Width!.Value,
                settings.Heads!.Value,
                settings.Pooling == ModelOption.Token
            )
        );

    /// <summary>How many pairs of tokens all heads of all blocks compare in one image.</summary>
    internal static double Scores(TrainingSettings settings, ImageShape shape) =>
        settings.Depth!.Value * settings.Heads!.Value * Math.Pow(ImagePatches.Count(shape), 2);

    /// <summary>The classes' scores from the mean of the tokens, or from the class token.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = embedding.call(ImagePatches.Of(input));
        if (token is not null)
            tokens = cat([token.expand(input.shape[0], 1, -1), tokens], 1);
        tokens = norm.call(blocks.call(tokens + positions));
        return scope.MoveToOuter(head.call(token is null ? tokens.mean([1]) : tokens.select(1, 0)));
    }

    private static Parameter Small(long count, long width)
    {
        var parameter = new Parameter(empty(count, width));
        nn.init.normal_(parameter, std: PositionDeviation);
        return parameter;
    }
}

/// <summary>Attention and a perceptron, each added to what it reads after a norm.</summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    private const int Widening = 4;

    private readonly LayerNorm norm1;
    private readonly SelfAttention attention;
    private readonly LayerNorm norm2;
    private readonly Linear linear1;
    private readonly Linear linear2;

    /// <summary>Makes a block.</summary>
    internal TransformerBlock(int width, int heads)
        : base(nameof(TransformerBlock))
    {
        norm1 = nn.LayerNorm(width);
        attention = new(width, heads);
        norm2 = nn.LayerNorm(width);
        linear1 = nn.Linear(width, Widening * width);
        linear2 = nn.Linear(Widening * width, width);
        RegisterComponents();
    }

    /// <summary>[n; tokens; width] -> [n; tokens; width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = input + attention.call(norm1.call(input));
        var inner = nn.functional.gelu(linear1.call(norm2.call(tokens)));
        return scope.MoveToOuter(tokens + linear2.call(inner));
    }
}
