namespace Foof.Docs.Tests;

/// <summary>What the reference shows at types and members compiles, and runs to its end.</summary>
public class MemberExampleTests
{
    public static TheoryData<string, string> Examples
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var example in MemberExample.All())
                all.Add(example.Member, example.Code);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_of_the_reference_compiles_and_runs(string member, string code)
    {
        Assert.False(string.IsNullOrWhiteSpace(code), $"The example of {member} has no code.");
        var (program, errors) = CSharpProgram.Compile(new MemberExample(member, code).Source(), "Shown");
        Assert.True(program is not null, errors);
        torch.manual_seed(1);
        await CSharpProgram.Run(program);
    }

    [Fact]
    public void An_example_that_is_wrong_is_found_at_its_member()
    {
        var example = new MemberExample("T:Foof.Loss", "var loss = Loss.CrossEntropy;\nnew FoofOptimiser(model);");
        var (program, errors) = CSharpProgram.Compile(example.Source(), "Wrong");
        Assert.Null(program);
        Assert.Contains("T:Foof.Loss(2,", errors);
    }

    [Fact]
    public void Types_and_members_have_examples()
    {
        var members = MemberExample.All().Select(example => example.Member).ToHashSet();
        Assert.Contains("T:Foof.FoofOptimizer", members);
        Assert.Contains("T:Foof.LaplacePosterior", members);
        Assert.Contains(
            "M:Foof.CurvatureOptimizer.UpdateCurvature(TorchSharp.torch.Tensor,TorchSharp.torch.Tensor)",
            members
        );
    }
}
