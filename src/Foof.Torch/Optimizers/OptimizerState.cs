using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What an optimiser keeps for one parameter from step to step.</summary>
public abstract class OptimizerState
{
    /// <summary>The parameter that the state belongs to.</summary>
    protected Parameter _parameter;

    /// <summary>State of <paramref name="parameter"/>, not initialised yet.</summary>
    protected OptimizerState(Parameter parameter) => _parameter = parameter;

    /// <summary>Goes back to the state before the first step.</summary>
    public abstract void Initialize(OptimizerOptions options);

    /// <summary>Writes the state.</summary>
    public abstract void SaveStateDict(BinaryWriter writer);

    /// <summary>Reads what <see cref="SaveStateDict"/> wrote.</summary>
    public abstract void LoadStateDict(BinaryReader reader);

    /// <summary>Takes over a copy of another optimiser's state.</summary>
    public abstract void LoadStateDict(OptimizerState source);

    /// <summary>Whether both states agree up to rounding.</summary>
    public virtual bool ApproximatelyEquals(OptimizerState other) => false;

    /// <summary>Moves the state's tensors to <paramref name="device"/>.</summary>
    public virtual void to(Device device) { }

    /// <summary>
    /// Reads what <see cref="SaveConditionalStateTensor"/> wrote, in place of <paramref name="result"/>.
    /// </summary>
    protected static void LoadConditionalStateTensor(BinaryReader reader, ref Tensor? result, Device device)
    {
        var loaded = reader.ReadBoolean() ? StateStream.Read(reader, device).DetachFromDisposeScope() : null;
        result?.Dispose();
        result = loaded;
    }

    /// <summary>Writes whether there is a tensor, and the tensor.</summary>
    protected static void SaveConditionalStateTensor(BinaryWriter writer, Tensor? tensor)
    {
        writer.Write(tensor is not null);
        if (tensor is not null)
            StateStream.Write(writer, tensor);
    }
}
