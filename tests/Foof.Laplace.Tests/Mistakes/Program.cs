using static TorchSharp.torch;

namespace Foof.Laplace.Tests.Mistakes;

/// <summary>These tests as a program: makes one mistake in each use, and prints the results.</summary>
internal static class Program
{
    internal const string Nothing = "nothing";

    private static int Main(string[] arguments)
    {
        foreach (var (name, use) in Use.All)
        {
            using var scope = NewDisposeScope();
            manual_seed(1);
            var mistake = Mistake.All[arguments[0]]();
            if (!mistake.Spared.Contains(name))
                Console.WriteLine($"{name}: {Outcome(() => use(mistake))}");
        }
        return 0;
    }

    private static string Outcome(Action action)
    {
        try
        {
            action();
            return Nothing;
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}";
        }
    }
}
