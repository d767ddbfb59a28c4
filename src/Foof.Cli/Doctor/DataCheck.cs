using Foof.Cli.Data;

namespace Foof.Cli.Doctor;

/// <summary>The images that commands train with.</summary>
internal static class DataCheck
{
    /// <summary>Whether a data set is there and sound.</summary>
    /// <param name="data">Its name or folder.</param>
    internal static Finding Of(string data)
    {
        const string item = "data";
        var folder = ImageData.Folder(data);
        if (!Directory.Exists(folder))
            return Finding.Problem(
                item,
                $"{folder} does not exist",
                data == ImageData.FashionMnist
                    ? "run: apt-get install dataset-fashion-mnist; or name a folder of IDX files by --data"
                    : $"name a folder of IDX files by --data, or {ImageData.FashionMnist}"
            );
        try
        {
            var files = ImageData.Files(folder);
            return Finding.Ok(
                item,
                $"{files[0].Shape[0]} images to train with and {files[2].Shape[0]} to test with in {folder}"
            );
        }
        catch (CommandFailure failure)
        {
            return Finding.Problem(
                item,
                failure.Message.TrimEnd('.'),
                "fetch the files again, or name another folder by --data"
            );
        }
    }
}
