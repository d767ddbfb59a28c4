using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof.Modules;

/// <summary>
/// A recurrent layer of two linear layers that have curvature: TorchSharp's own ones run inside libtorch, where no
/// hook sees their parts. With the same weights, it computes what they compute.
/// </summary>
/// <remarks>
/// <see cref="Input"/> is called once, on all times; <see cref="Recurrent"/> once at each time. Times are positions
/// of a data point: K-FAC-expand takes their activations and errors one by one (independent times), K-FAC-reduce
/// their mean and sum. (Martens, Ba &amp; Johnson 2018; Eschenhagen et al. 2023)
/// </remarks>
/// <example>
/// <code>
/// using var layer = new Gru(inputs: 28, units: 64);
/// var states = layer.call(rows); // [n; T; 64]
/// </code>
/// </example>
public abstract class RecurrentLayer : nn.Module<Tensor, Tensor>
{
    private readonly long units;

    private protected RecurrentLayer(
        string name,
        long gates,
        long inputs,
        long units,
        Device? device,
        ScalarType? dtype
    )
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        if (dtype is { } type)
            Argument.Known(type, nameof(dtype));
        this.units = units;
        Input = nn.Linear(inputs, gates * units, true, device, dtype);
        Recurrent = nn.Linear(units, gates * units, true, device, dtype);
        RegisterComponents();
    }

    /// <summary>What the input adds to the gates: [gates · units; inputs].</summary>
    public Linear Input { get; }

    /// <summary>What the last time's state adds to the gates: [gates · units; units].</summary>
    public Linear Recurrent { get; }

    /// <summary>The state at each time, from a state of zeros on.</summary>
    /// <param name="input">[n; T; inputs], data points first.</param>
    /// <returns>[n; T; units].</returns>
    /// <exception cref="ArgumentException">The input has another shape.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var inputs = Input.weight!.shape[1];
        if (input.dim() != 3 || input.shape[2] != inputs || input.shape[1] == 0)
            throw new ArgumentException(
                $"input must be [n; times; {inputs}] with one time at least; got [{Shape.text(input.shape)}].",
                nameof(input)
            );
        using var scope = NewDisposeScope();
        var ofInput = Input.call(input);
        var start = zeros(input.shape[0], units, dtype: ofInput.dtype, device: ofInput.device);
        var (state, memory) = (start, start);
        var states = new Tensor[input.shape[1]];
        for (var time = 0; time < states.Length; time++)
        {
            (state, memory) = Next(ofInput.select(1, time), Recurrent.call(state), state, memory);
            states[time] = state;
        }
        return stack(states, 1).MoveToOuterDisposeScope();
    }

    /// <summary>State and memory after one more time.</summary>
    private protected abstract (Tensor State, Tensor Memory) Next(
        Tensor ofInput,
        Tensor ofState,
        Tensor state,
        Tensor memory
    );
}

/// <summary>An Elman network: h ← tanh(W x + b + U h + c).</summary>
/// <example>
/// <code>
/// using var rnn = new Rnn(inputs: 28, units: 64);
/// var states = rnn.call(rows); // [n; T; 64]
/// </code>
/// </example>
/// <param name="inputs">The length of an input at one time.</param>
/// <param name="units">The number of units.</param>
/// <param name="device">Where the weights are; null means TorchSharp's default.</param>
/// <param name="dtype">The weights' type; null means TorchSharp's default.</param>
public sealed class Rnn(long inputs, long units, Device? device = null, ScalarType? dtype = null)
    : RecurrentLayer(nameof(Rnn), 1, inputs, units, device, dtype)
{
    private protected override (Tensor, Tensor) Next(Tensor ofInput, Tensor ofState, Tensor state, Tensor memory) =>
        ((ofInput + ofState).tanh(), memory);
}

/// <summary>
/// Long short-term memory with gates i, f, g, o in this order: c ← σ(f) c + σ(i) tanh(g), h ← σ(o) tanh(c).
/// </summary>
/// <example>
/// <code>
/// using var lstm = new Lstm(inputs: 28, units: 64);
/// var states = lstm.call(rows); // [n; T; 64]
/// </code>
/// </example>
/// <param name="inputs">The length of an input at one time.</param>
/// <param name="units">The number of units.</param>
/// <param name="device">Where the weights are; null means TorchSharp's default.</param>
/// <param name="dtype">The weights' type; null means TorchSharp's default.</param>
public sealed class Lstm(long inputs, long units, Device? device = null, ScalarType? dtype = null)
    : RecurrentLayer(nameof(Lstm), 4, inputs, units, device, dtype)
{
    private protected override (Tensor, Tensor) Next(Tensor ofInput, Tensor ofState, Tensor state, Tensor memory)
    {
        var gates = (ofInput + ofState).chunk(4, 1);
        var next = gates[1].sigmoid() * memory + gates[0].sigmoid() * gates[2].tanh();
        return (gates[3].sigmoid() * next.tanh(), next);
    }
}

/// <summary>
/// A gated recurrent unit with gates r, z, n in this order: h ← (1 − σ(z)) tanh(n of x + σ(r) n of h) + σ(z) h.
/// </summary>
/// <example>
/// <code>
/// using var gru = new Gru(inputs: 28, units: 64);
/// var states = gru.call(rows); // [n; T; 64]
/// </code>
/// </example>
/// <param name="inputs">The length of an input at one time.</param>
/// <param name="units">The number of units.</param>
/// <param name="device">Where the weights are; null means TorchSharp's default.</param>
/// <param name="dtype">The weights' type; null means TorchSharp's default.</param>
public sealed class Gru(long inputs, long units, Device? device = null, ScalarType? dtype = null)
    : RecurrentLayer(nameof(Gru), 3, inputs, units, device, dtype)
{
    private protected override (Tensor, Tensor) Next(Tensor ofInput, Tensor ofState, Tensor state, Tensor memory)
    {
        var (x, h) = (ofInput.chunk(3, 1), ofState.chunk(3, 1));
        var update = (x[1] + h[1]).sigmoid();
        var found = (x[2] + (x[0] + h[0]).sigmoid() * h[2]).tanh();
        return ((1 - update) * found + update * state, memory);
    }
}
