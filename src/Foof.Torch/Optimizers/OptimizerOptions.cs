namespace TorchSharp.Modules;

/// <summary>The settings of a group. A setting that is null takes the optimiser's default.</summary>
public class OptimizerOptions
{
    /// <summary>The learning rate of the next step.</summary>
    public double? LearningRate { get; set; }

    /// <summary>The learning rate at the start, which schedulers scale.</summary>
    public double InitialLearningRate { get; set; }

    /// <summary>
    /// Shows every setting beyond the learning rates to <paramref name="visitor"/>, in a fixed order.
    /// </summary>
    /// <param name="visitor">What is done with each.</param>
    /// <param name="other">Where a second value comes from; of the same type as this.</param>
    internal virtual void Visit(IOptionVisitor visitor, OptimizerOptions other) { }

    /// <summary>
    /// Fills what is null from <paramref name="defaults"/>, and starts at the learning rate.
    /// </summary>
    internal void FillFrom(OptimizerOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        InitialLearningRate = LearningRate!.Value;
        Visit(new FillOptions(), defaults);
    }

    /// <summary>Writes the settings.</summary>
    public virtual void SaveStateDict(BinaryWriter writer)
    {
        writer.Write(InitialLearningRate);
        writer.Write(LearningRate!.Value);
        Visit(new WriteOptions(writer), this);
    }

    /// <summary>Reads what <see cref="SaveStateDict"/> wrote.</summary>
    public virtual void LoadStateDict(BinaryReader reader)
    {
        InitialLearningRate = reader.ReadDouble();
        LearningRate = reader.ReadDouble();
        Visit(new ReadOptions(reader), this);
    }

    /// <summary>Copies the settings of another group.</summary>
    /// <exception cref="ArgumentException">They are another optimiser's.</exception>
    public virtual void LoadStateDict(OptimizerOptions source)
    {
        if (!GetType().IsInstanceOfType(source))
            throw new ArgumentException(
                $"The settings must be {GetType()}; got {source.GetType()}.",
                nameof(source)
            );
        InitialLearningRate = source.InitialLearningRate;
        LearningRate = source.LearningRate;
        Visit(new CopyOptions(), source);
    }
}

/// <summary>What is done with every setting of a group: the settings are listed once, in Visit.</summary>
internal interface IOptionVisitor
{
    void Number(ref double? option, double? other);

    void Flag(ref bool? option, bool? other);
}

/// <summary>Takes the other's value where there is none.</summary>
internal sealed class FillOptions : IOptionVisitor
{
    public void Number(ref double? option, double? other) => option ??= other;

    public void Flag(ref bool? option, bool? other) => option ??= other;
}

/// <summary>Takes the other's value.</summary>
internal sealed class CopyOptions : IOptionVisitor
{
    public void Number(ref double? option, double? other) => option = other;

    public void Flag(ref bool? option, bool? other) => option = other;
}

/// <summary>Writes the value.</summary>
internal sealed class WriteOptions(BinaryWriter writer) : IOptionVisitor
{
    public void Number(ref double? option, double? other) => writer.Write(option!.Value);

    public void Flag(ref bool? option, bool? other) => writer.Write(option!.Value);
}

/// <summary>Reads the value.</summary>
internal sealed class ReadOptions(BinaryReader reader) : IOptionVisitor
{
    public void Number(ref double? option, double? other) => option = reader.ReadDouble();

    public void Flag(ref bool? option, bool? other) => option = reader.ReadBoolean();
}
