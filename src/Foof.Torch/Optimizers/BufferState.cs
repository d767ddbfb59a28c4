using TorchSharp.Native;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>State that consists of a count of steps and of tensors of the parameter's shape.</summary>
public abstract class BufferState : OptimizerState, IDisposable
{
    private readonly Tensor?[] buffers;
    private readonly int always;

    /// <summary>How many steps were done.</summary>
    public long step { get; set; }

    /// <summary>
    /// State of <paramref name="count"/> tensors, of which the first <paramref name="always"/> are never null.
    /// </summary>
    private protected BufferState(Parameter parameter, int count, int always)
        : base(parameter) => (buffers, this.always) = (new Tensor?[count], always);

    /// <summary>Whether TorchSharp's file has the count of steps.</summary>
    private protected virtual bool WritesStep => true;

    /// <summary>The tensor at <paramref name="place"/>, or null.</summary>
    private protected Tensor? Buffer(int place) => buffers[place];

    /// <summary>
    /// Puts <paramref name="tensor"/> in place of another, which is freed; no scope frees it.
    /// </summary>
    private protected void SetBuffer(int place, Tensor? tensor)
    {
        if (!ReferenceEquals(buffers[place], tensor))
            buffers[place]?.Dispose();
        buffers[place] = tensor?.DetachFromDisposeScope();
    }

    /// <summary>Fills the tensor at <paramref name="place"/> anew with one value.</summary>
    private protected void Fill(int place, double value)
    {
        using var unrecorded = no_grad();
        SetBuffer(place, Aten.FullLike.Call(_parameter, value));
    }

    /// <inheritdoc/>
    public override void SaveStateDict(BinaryWriter writer)
    {
        if (WritesStep)
            writer.Write(step);
        foreach (var buffer in buffers[..always])
            StateStream.Write(writer, buffer!);
        foreach (var buffer in buffers[always..])
            SaveConditionalStateTensor(writer, buffer);
    }

    /// <inheritdoc/>
    public override void LoadStateDict(BinaryReader reader)
    {
        if (WritesStep)
            step = reader.ReadInt64();
        for (var i = 0; i < always; i++)
            SetBuffer(i, StateStream.Read(reader, _parameter.device));
        for (var i = always; i < buffers.Length; i++)
            LoadConditionalStateTensor(reader, ref buffers[i], _parameter.device);
    }

    /// <inheritdoc/>
    public override void LoadStateDict(OptimizerState source)
    {
        if (source is not BufferState state || state.buffers.Length != buffers.Length)
            throw new ArgumentException(
                $"The state must be {GetType()}; got {source.GetType()}.",
                nameof(source)
            );
        step = state.step;
        for (var i = 0; i < buffers.Length; i++)
            SetBuffer(i, state.buffers[i] is { } buffer ? CopyTo(buffer, _parameter.device) : null);
    }

    /// <inheritdoc/>
    public override bool ApproximatelyEquals(OptimizerState other) =>
        other is BufferState state
        && step == state.step
        && buffers.Length == state.buffers.Length
        && buffers.Zip(state.buffers).All(pair => Agree(pair.First, pair.Second));

    private static bool Agree(Tensor? left, Tensor? right) =>
        left is null || right is null
            ? ReferenceEquals(left, right)
            : Aten.Allclose.CallScalar(left, right).ToBoolean();

    /// <inheritdoc/>
    public override void to(Device device)
    {
        for (var i = 0; i < buffers.Length; i++)
            if (buffers[i] is { } buffer)
                SetBuffer(i, CopyTo(buffer, device));
    }

    private static Tensor CopyTo(Tensor tensor, Device device)
    {
        using var unrecorded = no_grad();
        return Aten.ToCopy.Call(tensor, Native.Value.None, Native.Value.None, device);
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        for (var i = 0; i < buffers.Length; i++)
            SetBuffer(i, null);
        GC.SuppressFinalize(this);
    }
}
