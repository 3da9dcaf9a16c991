// SPDX-License-Identifier: MIT
//
// What HdrHistogram itself reads in our files: `java -cp hdrhistogram.jar Percentiles.java LOG DIR`
// prints one JSON object for each histogram of an interval log, and writes DIR/TAG.hgrm as the
// library prints a distribution.
import java.io.File;
import java.io.PrintStream;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

public class Percentiles {
    public static void main(String[] arguments) throws Exception {
        HistogramLogReader log = new HistogramLogReader(new File(arguments[0]));
        for (EncodableHistogram next; (next = log.nextIntervalHistogram()) != null;) {
            Histogram histogram = (Histogram) next;
            System.out.printf("{\"tag\":\"%s\",\"samples\":%d,\"min\":%d,\"max\":%d",
                              histogram.getTag(), histogram.getTotalCount(),
                              histogram.getMinValue(), histogram.getMaxValue());
            double[] percents = {50, 90, 99, 99.9, 99.99};
            String[] keys = {"p50", "p90", "p99", "p999", "p9999"};
            for (int i = 0; i < keys.length; ++i) {
                System.out.printf(",\"%s\":%d", keys[i],
                                  histogram.getValueAtPercentile(percents[i]));
            }
            System.out.println("}");
            PrintStream file = new PrintStream(new File(arguments[1], histogram.getTag() + ".hgrm"));
            histogram.outputPercentileDistribution(file, 1.0);
            file.close();
        }
    }
}
