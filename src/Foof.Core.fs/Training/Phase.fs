namespace Foof

open System.Diagnostics

/// The phases of a step, as activities of .NET that listeners can time: forward, backward, statistics, inversion,
/// direction, update. Without a listener they cost next to nothing.
[<RequireQualifiedAccess>]
module Phase =

    /// The source of the activities, "Foof"; their names are the phases'.
    let Source = new ActivitySource "Foof"

    /// Runs `work` as an activity.
    let internal during (phase: string) (work: unit -> 'T) =
        use _activity = Source.StartActivity phase
        work ()
