namespace Foof

/// What becomes of a layer whose matrix no attempt could invert.
[<RequireQualifiedAccess>]
type OnFailure =
    /// Go on with the last inverse; raise if there is none.
    | KeepLast
    /// Use the inverse of the diagonal.
    | Diagonal
    /// Use 1/lambda: gradient descent.
    | Identity
    /// Raise a NumericalFailure.
    | Raise

/// A method as a value: what `Methods` lists and the optimiser interprets.
type Recipe = {
    /// The method's name, for messages and tables.
    Name: string
    /// lambda, added to matrices that are means over data points.
    Damping: float
    /// beta of the moving averages.
    Decay: float
    /// S, T and the warm-up.
    Cadence: Cadence
    /// How a damped matrix is inverted.
    Attempts: Attempt list
    /// What comes after the last attempt.
    OnFailure: OnFailure
} with

    /// The same method with another damping, for languages without `with`.
    member recipe.WithDamping(damping: float) = { recipe with Damping = damping }

    /// The same method with other S and T, for languages without `with`.
    member recipe.WithCadence(invertEvery: int, statisticsSteps: int) =
        let cadence = {
            recipe.Cadence with
                InvertEvery = invertEvery
                StatisticsSteps = statisticsSteps
        }

        { recipe with Cadence = cadence }

/// Checks of recipes.
[<RequireQualifiedAccess>]
module Recipe =

    /// Raises an ArgumentException unless the damping is positive, the decay in [0, 1), the cadence sound and
    /// there is an attempt.
    let check (recipe: Recipe) =
        Require.positive (nameof recipe.Damping) recipe.Damping
        Require.fraction (nameof recipe.Decay) recipe.Decay
        Cadence.check recipe.Cadence
        Require.atLeast (nameof recipe.Attempts) 1 recipe.Attempts.Length
