namespace Foof;

/// <summary>The settings of parameters that have none of their own.</summary>
internal readonly record struct UpdateSettings(double LearningRate, double Momentum, double WeightDecay)
{
    /// <summary>Itself, when every setting is in its range.</summary>
    internal UpdateSettings Checked() =>
        new(
            Argument.Positive(LearningRate, "learningRate"),
            Argument.Fraction(Momentum, "momentum"),
            Argument.NotNegative(WeightDecay, "weightDecay")
        );

    /// <summary>Those of a group, which takes these where it has none.</summary>
    internal UpdateSettings Of(ParameterSettings group) =>
        new UpdateSettings(
            group.LearningRate ?? LearningRate,
            group.Momentum ?? Momentum,
            group.WeightDecay ?? WeightDecay
        ).Checked();
}
