package io.relaypod.server.doctor;

import java.util.List;

/** Examines one part of the relay or of its surroundings. */
@FunctionalInterface
public interface Examination {

    /** Takes some seconds at most, changes nothing, and reports what it cannot find out as a finding. */
    List<Finding> examine();
}
