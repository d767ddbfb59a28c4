using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Modules;

/// <summary>
/// Self-attention of several heads, of four linear layers that have curvature: TorchSharp's
/// <see cref="MultiheadAttention"/> runs inside libtorch, where no hook sees its parts.
/// </summary>
/// <remarks>
/// Head h of width d_h computes softmax(Q_h K_hᵀ / √d_h) V_h with Q, K, V = <see cref="Query"/>,
/// <see cref="Key"/>, <see cref="Value"/> of the input; <see cref="Output"/> follows the heads side by side.
/// Tokens are positions of a data point, whose weights are shared: K-FAC-expand and -reduce differ here.
/// (Vaswani et al. 2017; Eschenhagen et al. 2023, section 3)
/// </remarks>
/// <example>
/// <code>
/// using var attention = new SelfAttention(width: 128, heads: 4, isCausal: true);
/// var next = attention.call(tokens); // [n; T; 128]
/// </code>
/// </example>
public sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    private readonly long heads;
    private readonly bool isCausal;

    /// <summary>Makes self-attention with new weights.</summary>
    /// <param name="width">The length of a token, a multiple of <paramref name="heads"/>.</param>
    /// <param name="heads">The number of heads, one at least.</param>
    /// <param name="isCausal">Whether a token attends to itself and earlier ones alone.</param>
    /// <param name="hasBias">Whether the linear layers have biases.</param>
    /// <param name="device">Where the weights are; null means TorchSharp's default.</param>
    /// <param name="dtype">The weights' type; null means TorchSharp's default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than one.</exception>
    /// <exception cref="ArgumentException"><paramref name="width"/> is not a multiple of the heads.</exception>
    public SelfAttention(
        long width,
        long heads,
        bool isCausal = false,
        bool hasBias = true,
        Device? device = null,
        ScalarType? dtype = null
    )
        : base(nameof(SelfAttention))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (width % heads != 0)
            throw new ArgumentException(
                $"width must be a multiple of the {heads} heads; got {width}: each head takes an equal part of a token.",
                nameof(width)
            );
        if (dtype is { } type)
            Argument.Known(type, nameof(dtype));
        this.heads = heads;
        this.isCausal = isCausal;
        Linear Projection() => nn.Linear(width, width, hasBias, device, dtype);
        Query = Projection();
        Key = Projection();
        Value = Projection();
        Output = Projection();
        RegisterComponents();
    }

    /// <summary>Makes the queries.</summary>
    public Linear Query { get; }

    /// <summary>Makes the keys.</summary>
    public Linear Key { get; }

    /// <summary>Makes the values.</summary>
    public Linear Value { get; }

    /// <summary>Mixes the heads.</summary>
    public Linear Output { get; }

    /// <summary>The tokens after attention, each to all, or to earlier ones if it is causal.</summary>
    /// <param name="input">[n; T; width].</param>
    /// <returns>[n; T; width].</returns>
    /// <exception cref="ArgumentException">The input has another shape.</exception>
    public override Tensor forward(Tensor input) => Attend(input);

    /// <summary>The tokens after attention to those that a mask admits.</summary>
    /// <param name="input">[n; T; width].</param>
    /// <param name="mask">
    /// Truth values, [T; T] or [n; T; T]: whether the token of the row attends to the one of the column; null means
    /// that all are admitted. A token that attends to nothing gets the bias of <see cref="Output"/> alone.
    /// </param>
    /// <returns>[n; T; width].</returns>
    /// <exception cref="ArgumentException">Input or mask have another shape, or the mask no truth values.</exception>
    public Tensor Attend(Tensor input, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        var width = Query.weight!.shape[1];
        if (input.dim() != 3 || input.shape[2] != width)
            throw new ArgumentException(
                $"input must be [n; tokens; {width}]; got [{Shape.text(input.shape)}].",
                nameof(input)
            );
        using var scope = NewDisposeScope();
        var admitted = Admitted(input, mask);
        var scores = Heads(Query.call(input)).matmul(Heads(Key.call(input)).transpose(-2, -1)) * Scale(width);
        if (admitted is not null)
            scores = scores.masked_fill(admitted.logical_not(), -1e9);
        var weights = scores.softmax(-1);
        if (admitted is not null)
            weights = weights * admitted.to(weights.dtype);
        var mixed = weights.matmul(Heads(Value.call(input))).transpose(1, 2).flatten(2);
        return Output.call(mixed).MoveToOuterDisposeScope();
    }

    private double Scale(long width) => 1 / Math.Sqrt((double)width / heads);

    // [n; T; width] -> [n; heads; T; width / heads].
    private Tensor Heads(Tensor tokens) => tokens.unflatten(2, [heads, -1]).transpose(1, 2);

    private Tensor? Admitted(Tensor input, Tensor? mask)
    {
        var (n, tokens) = (input.shape[0], input.shape[1]);
        var all = mask is null ? null : Checked(mask, n, tokens);
        if (!isCausal)
            return all;
        var earlier = ones(tokens, tokens, dtype: ScalarType.Bool, device: input.device).tril();
        return all is null ? earlier : all.logical_and(earlier);
    }

    private static Tensor Checked(Tensor mask, long n, long tokens)
    {
        var isShared = mask.shape is [var rows, var columns] && rows == tokens && columns == tokens;
        var isOwn = mask.shape is [var points, var from, var to] && points == n && from == tokens && to == tokens;
        if (mask.dtype != ScalarType.Bool || !(isShared || isOwn))
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"mask must be truth values [{tokens}; {tokens}] or [{n}; {tokens}; {tokens}]; got [{Shape.text(mask.shape)}] of {mask.dtype}."
                ),
                nameof(mask)
            );
        return isShared ? mask : mask.unsqueeze(1);
    }
}
